#!/bin/sh
# command.sh PERSONA: the command fed with nonsense. Each case gives one clear line on
# stderr and the right exit code, and nothing is lost.
set -u
persona=$1
case "$persona" in /*) ;; *) persona=$PWD/$persona ;; esac
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
good=0 bad=0

# says CODE PATTERN ARGUMENT...: exit code, and one line on stderr that matches.
says() {
    code=$1 pattern=$2
    shift 2
    "$persona" "$@" > out 2> err
    got=$?
    lines=$(wc -l < err)
    if [ "$got" = "$code" ] && [ "$lines" = 1 ] && grep -qE "$pattern" err; then
        good=$((good + 1))
    else
        bad=$((bad + 1))
        echo "FAILED: persona $* -> exit $got, $lines lines: $(head -c 300 err)"
    fi
}
# works ARGUMENT...: exit code 0
works() {
    if "$persona" "$@" > out 2> err; then
        good=$((good + 1))
    else
        bad=$((bad + 1))
        echo "FAILED: persona $*: $(head -c 300 err)"
    fi
}
holds() {
    if eval "$2"; then good=$((good + 1)); else bad=$((bad + 1)); echo "FAILED: $1"; fi
}
fit() { # fit FILE [option=value]...
    table=$1
    shift
    says 1 "$expect" fit segmenter "$table" -o x.persona "$@"
}

awk 'BEGIN { srand(1); OFS = ","; print "a,b"; for (i = 0; i < 60; i++) print i % 3 * 10 + rand(), i % 2 * 5 + rand() }' > points.csv
works fit segmenter points.csv -o points.persona k=3 transform=none
works assign points.persona points.csv
holds "60 rows are assigned" '[ "$(wc -l < out)" = 61 ]'
holds "the columns are the documented ones" '[ "$(head -n 1 out)" = row,id,segment,name,distance ]'
works assign points.persona - < points.csv
works show points.persona
works show points.persona notes
works schema segmenter.fit
works version

: > empty.csv
printf 'a,b\n' > header.csv
printf 'a,b\n1,2\n' > one.csv
printf 'a,b\n5,1\n5,2\n5,3\n5,9\n' > constant.csv
printf 'a,b\n,\n,\n,\n' > missing.csv
printf 'a,b\n1,2\n2,inf\n3,4\n' > infinite.csv
printf 'a,b\n1,2\nnan,3\n3,4\n,9\n' > nan.csv
printf 'a,b\n1,2\n1e300,3\n3,4\n-1e300,5\n' > huge.csv
printf 'a,a\n1,2\n' > duplicate.csv
printf 'a,b\n1,2\n1,2,3\n' > ragged.csv
printf 'a,b\n1,"2\n' > quote.csv
head -c 5000 "$persona" > binary.csv
expect='empty'; fit empty.csv
expect='row'; fit header.csv
expect='row|customer'; fit one.csv
works fit segmenter constant.csv -o c.persona k=2
expect='missing|no value|feature|column'; fit missing.csv
expect='infinit|finite'; fit infinite.csv
works fit segmenter nan.csv -o n.persona k=2
expect='large|huge|magnitude|transform'; fit huge.csv transform=none
works fit segmenter huge.csv -o h.persona k=2
expect='a.*twice|duplicate|same name'; fit duplicate.csv
expect='line 3'; fit ragged.csv
expect='line 2.*quote|quote.*line 2'; fit quote.csv
expect='binary|NUL|text'; fit binary.csv
expect='no-such.*no such file|no such file'; fit no-such.csv
expect='k = 0'; fit points.csv k=0
expect='k '; fit points.csv k=two
expect='clusters.*did you mean|unknown option'; fit points.csv clusters=3
expect='k_min'; fit points.csv k=3 k_min=2
expect='option "k" is given twice'; fit points.csv k=3 k=4
expect='option "csv.separator" is given twice'; fit points.csv csv.separator=, csv.separator=,
says 1 'o is given twice' fit segmenter points.csv -o x.persona -o y.persona
works fit segmenter points.csv -o w.persona k=2 weight.a=2 weight.b=2
expect='column'; fit points.csv features=nosuch
expect='nosuch'; fit points.csv weight.nosuch=2
expect='seed'; fit points.csv seed=-1.5
works fit segmenter points.csv -o many.persona k=1000
works show many.persona notes
holds "k above the number of rows is noted" 'grep -q "," out && [ "$(wc -l < out)" -gt 1 ]'

# Model files: truncated, altered, later, not there, not one.
size=$(wc -c < points.persona)
for cut in 0 1 63 64 200 $((size - 1)); do
    head -c "$cut" points.persona > cut.persona
    says 1 'persona|model|file|empty' show cut.persona
done
cp points.persona altered.persona
printf 'X' | dd of=altered.persona bs=1 seek=$((size / 2)) conv=notrunc 2>/dev/null
says 1 'checksum|altered|damaged' show altered.persona
says 1 'not a (model|persona)|model file' show points.csv
says 1 'no such file' show nothing.persona
says 1 'kind|part' show points.persona nosuchpart
printf 'x,y\n1,2\n' > other.csv
says 1 'column' assign points.persona other.csv

# The recommender: fits, answers, and what it refuses.
awk 'BEGIN { print "user,item,kind"; for (u = 0; u < 40; u++) for (i = 0; i < 6; i++)
    printf "u%d,i%d,%s\n", u, (u % 4) * 5 + (u * 3 + i * i) % 7, i == 5 ? "purchase" : "view" }' > events.csv
works fit recommender events.csv -o r.persona
works recommend r.persona k=3
holds "the columns are the documented ones" '[ "$(head -n 1 out)" = user,rank,item,score,reason ]'
holds "every known user gets 3 items" '[ "$(wc -l < out)" = 121 ]'
printf 'user\nu1\nnobody\n' > asked.csv
works recommend r.persona asked.csv k=2
holds "a user whom nobody knows gets items too" '[ "$(grep -c ^nobody, out)" = 2 ]'
works recommend r.persona asked.csv k=100000
holds "k above the catalogue gives what may be shown, each once" \
    '[ "$(grep ^nobody, out | cut -d, -f3 | sort -u | wc -l)" = "$(grep -c ^nobody, out)" ] && [ "$(grep -c ^nobody, out)" -gt 10 ]'
printf 'session,item\nnew,i3\nnew,i1\nnew,nosuch\n' > visit.csv
works recommend r.persona visit.csv k=2
holds "a new session is served" '[ "$(grep -c ^new, out)" = 2 ]'
for question in buy_again similar together trending; do
    works recommend r.persona asked.csv k=2 question=$question
done
works show r.persona members
works report r.persona asked.csv -o r.html
works evaluate recommender events.csv split=last k=5 against=popular metrics=hit_rate
holds "a verdict is told" 'grep -q "^verdict:hit_rate@5," out'
works evaluate recommender events.csv split=random k=5
printf 'user,item\n' > none.csv
printf 'user,item\n,\n,a\nb,\n' > blank.csv
printf 'user,item,time\na,x,1735689600000000\nb,x,1735689600000000\n' > micro.csv
printf 'user,item,quantity\na,x,0.5\na,y,inf\n' > infinite.csv
expect_() { expect=$1; shift; says 1 "$expect" fit recommender "$@" -o x.persona; }
expect_ 'row|event' none.csv
expect_ 'no event' blank.csv
expect_ 'microseconds' micro.csv
expect_ 'role item.*columns|columns.*role item|role item' points.csv
expect_ 'algorithm.*(did you mean|als)' events.csv algorithm=asl
expect_ 'did you mean "algorithm"' events.csv algoritm=als
expect_ 'kind_weight.*no events of this kind|no events of this kind' events.csv kind_weight.cart=2
expect_ 'has no effect' events.csv algorithm=popular ease.regularization=5
expect_ 'target|kind' events.csv target=rent
expect_ 'half_life' events.csv half_life=3
works fit recommender events.csv -o n.persona kind_weight.view=-1
says 1 'question' recommend r.persona question=what
says 1 'price' recommend r.persona price_max=3
says 1 'does not score' score r.persona asked.csv
says 1 'does not recommend' recommend points.persona asked.csv
says 1 'metrics' evaluate recommender events.csv metrics=ndgc
size=$(wc -c < r.persona)
for cut in 64 200 $((size - 1)); do
    head -c "$cut" r.persona > cut.persona
    says 1 'persona|model|file' recommend cut.persona
done

# Nothing is lost when a save fails.
cp points.persona kept.persona
if mkdir tiny && mount -t tmpfs -o size=64k tmpfs tiny 2>/dev/null; then
    cp points.persona tiny/m.persona
    head -c 60000 /dev/zero > tiny/fill 2>/dev/null
    says 1 'space|write' fit segmenter points.csv -o tiny/m.persona k=3 transform=none
    holds "the old model is still there" 'cmp -s points.persona tiny/m.persona'
    umount tiny
fi
says 1 'no such (file|folder)|cannot' fit segmenter points.csv -o no/such/folder/x.persona
"$persona" assign points.persona points.csv > /dev/full 2> err
holds "a full disk under stdout is an error" '[ $? = 1 ] && [ "$(wc -l < err)" = 1 ]'

# Usage.
"$persona" > out 2> err
holds "no arguments: usage, exit 2" '[ $? = 2 ] && [ -s err ]'
"$persona" fit > out 2> err; holds "fit alone is a usage error" "[ $? = 2 ]"
"$persona" nonsense > out 2> err; holds "an unknown verb is a usage error" "[ $? = 2 ]"
"$persona" fit nokind points.csv -o x > out 2> err; holds "an unknown kind is an error" "[ $? != 0 ]"

# Wide and long.
awk 'BEGIN { for (i = 0; i < 10000; i++) printf "c%d%s", i, i < 9999 ? "," : "\n"
    for (r = 0; r < 5; r++) for (i = 0; i < 10000; i++) printf "%d%s", (i * r) % 7, i < 9999 ? "," : "\n" }' > wide.csv
works fit segmenter wide.csv -o wide.persona k=2
head -c 100000000 /dev/zero | tr '\0' 'x' > long.csv
expect='row|line|long|column'; fit long.csv

. "$here/command_fraud.sh"

echo "$good passed, $bad failed"
[ "$bad" = 0 ]
