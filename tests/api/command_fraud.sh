# command_fraud.sh: the fraud scorer's verbs, fed with orders and with nonsense; command.sh
# reads this in and says what says, works and holds do.

# orders [CODE]: 200 orders, those above 80 are frauds; CODE (awk) changes row i's amount a,
# items x, label l.
orders() {
    awk 'BEGIN { srand(1); OFS = ","; print "amount,items,is_fraud"
        for (i = 0; i < 200; i++) { a = int(rand() * 100); l = a > 80; x = 1 + i % 4; '"${1-}"'
            print a, x, l } }'
}
scorer() { # scorer FILE [option=value]...: must be refused as $expect says
    table=$1
    shift
    says 1 "$expect" fit fraud_scorer "$table" -o x.persona "$@"
}
quick="search=1 gbdt.rounds=20 draws=5"
orders > orders.csv

# Fit, score, evaluate, show, report.
works fit fraud_scorer orders.csv -o fraud.persona $quick
cp fraud.persona first.persona
works fit fraud_scorer orders.csv -o fraud.persona $quick threads=2
holds "threads change no byte" 'cmp -s first.persona fraud.persona'
works score fraud.persona orders.csv
cp out scored
holds "200 rows are scored" '[ "$(wc -l < out)" = 201 ]'
holds "the columns are the documented ones" '[ "$(head -n 1 out)" = row,id,probability,action,reasons ]'
holds "probabilities and actions are such" "awk -F, 'NR > 1 && !(\$3 >= 0 && \$3 <= 1 && \$4 ~ /^(accept|review|block)\$/) { exit 1 }' out"
holds "large orders are blocked, small ones accepted" \
    "paste -d, orders.csv out | awk -F, 'NR > 1 && (\$1 > 90 && \$7 == \"accept\" || \$1 < 60 && \$7 == \"block\") { exit 1 }'"
works score fraud.persona orders.csv threads=2
holds "threads change no score" 'cmp -s out scored'
works score fraud.persona - < orders.csv
holds "standard input is scored alike" 'cmp -s out scored'
works score fraud.persona orders.csv reasons=1 exact=true
holds "one reason each" '! grep -q ";" out'
works evaluate fraud_scorer orders.csv $quick split=every5th metrics=auc,rows
holds "the metrics asked for" '[ "$(cut -d, -f1 out | tr "\n" " ")" = "metric auc rows " ]'
works show fraud.persona
holds "describe tells the kind and the blend" 'grep -q "\"kind\": \"fraud_scorer\"" out && grep -q "\"members\"" out'
works show fraud.persona parts
for part in $(sed 1d out); do works show fraud.persona "$part"; done
works show fraud.persona inputs
holds "inputs are named" 'grep -q "^0,amount,number" out'
works report fraud.persona orders.csv -o fraud.html
holds "the report stands alone" 'grep -q "</html>" fraud.html && ! grep -q "<script" fraud.html'
works schema fraud_scorer.fit
for name in query evaluate import; do works schema fraud_scorer.$name; done
orders 'l = "";' > unlabelled.csv
works fit fraud_scorer unlabelled.csv -o forest.persona iforest.trees=10
works score forest.persona orders.csv
works report forest.persona -o forest.html
works fit fraud_scorer orders.csv -o dry.persona dry_run=true
holds "a dry run writes nothing" '[ ! -e dry.persona ]'

# Labels that are none.
orders 'l = 0;' > all_good.csv; orders 'l = i % 3;' > three.csv; orders 'l = 0.5;' > half.csv
orders 'l = i;' > every.csv; orders 'l = i == 5 ? 1 : "";' > known_one.csv; orders 'l = i == 5;' > one_fraud.csv
orders 'l = l ? "fraud" : "ok";' > words.csv; orders 'if (i % 2) l = "";' > half_known.csv
expect='is_fraud.*one value'; scorer all_good.csv
expect='is_fraud.*two values|two values'; scorer three.csv
expect='more than two values'; scorer three.csv column.label=is_fraud
expect='more than two values'; scorer every.csv column.label=is_fraud
expect='one value|two values'; scorer half.csv column.label=is_fraud
expect='one value'; scorer known_one.csv
works fit fraud_scorer one_fraud.csv -o x.persona $quick
works fit fraud_scorer half_known.csv -o x.persona $quick
works fit fraud_scorer words.csv -o words.persona $quick
works score words.persona orders.csv
holds "the words of a label do not matter" 'cmp -s out scored'
expect='role label'; scorer orders.csv column.label=none algorithm=gbdt
expect='no column "nosuch" .role label'; scorer orders.csv column.label=nosuch
expect='positive'; scorer orders.csv positive=2

# Numbers that are none.
orders 'if (i == 50) x = "inf";' > inf.csv; orders 'if (i % 5 == 0) x = "nan";' > nans.csv
orders 'if (i == 50) x = "1e300"; if (i == 60) x = "-1e300";' > large.csv
orders 'a = 7; x = 3; l = i % 2;' > same.csv; orders 'if (i == 9) x = -1;' > negative.csv
orders 'x = 0;' > weightless.csv; orders | cut -d, -f1,3 | head -2 > single.csv; orders | head -1 > bare.csv
orders | sed '1s/items/amount/' > twice.csv
expect='items.*infinite in row 50'; scorer inf.csv
works fit fraud_scorer nans.csv -o x.persona $quick
works fit fraud_scorer large.csv -o x.persona $quick
works score x.persona large.csv
works score fraud.persona nans.csv
works score fraud.persona large.csv
says 1 'items.*infinite in row 50' score fraud.persona inf.csv
expect='none differs'; scorer same.csv
expect='items.*negative in row 9'; scorer negative.csv column.weight=items
expect='weight above 0'; scorer weightless.csv column.weight=items
expect='1 row'; scorer single.csv
expect='no rows'; scorer bare.csv
expect='same name'; scorer twice.csv
expect='empty'; scorer empty.csv
expect='binary|NUL'; scorer binary.csv
awk 'BEGIN { print "device,amount,is_fraud"; for (i = 0; i < 30000; i++) print "device-" i "-" i * 7919 % 30011 "," i % 97 "," (i % 97 > 80) }' > devices.csv
works fit fraud_scorer devices.csv -o devices.persona $quick
works score devices.persona devices.csv
holds "texts that never repeat are not stored" '[ "$(wc -c < devices.persona)" -lt 100000 ] && ! grep -aq "device-77-" devices.persona'
printf 'device,amount\nnever seen,5\n,\n' > unseen.csv
works score devices.persona unseen.csv
printf 'order_id,amount,items,is_fraud\nA1,1,2,1\nA2,2,2,0\nA3,9,2,1\nA4,3,1,0\n' > few.csv
works fit fraud_scorer few.csv -o few.persona
works score few.persona few.csv
holds "orders are called by their id" 'grep -q "^1,A2," out'

# Options.
expect='gbdt.rounds = 0'; scorer orders.csv gbdt.rounds=0
expect='gbdt.max_bins = 1'; scorer orders.csv gbdt.max_bins=1
expect='gbdt.rounds.*whole number'; scorer orders.csv gbdt.rounds=many
expect='unknown option.*did you mean "gbdt.rounds"'; scorer orders.csv gbdt.round=3
expect='prevalence = 2'; scorer orders.csv prevalence=2
expect='no column "nosuch"'; scorer orders.csv categories=nosuch
expect='label cannot be learnt'; scorer orders.csv features=is_fraud
expect='monotone.items = 2'; scorer orders.csv monotone.items=2
expect='monotone.nosuch has no effect'; scorer orders.csv monotone.nosuch=1
expect='gbdt.rounds has no effect'; scorer orders.csv algorithm=iforest gbdt.rounds=3
expect='review_from.*block_from'; scorer orders.csv review_from=0.9 block_from=0.1
expect='review_from has no effect'; scorer orders.csv review=false review_from=0.3
expect='role time'; scorer orders.csv validation=time
expect='max_bytes'; scorer orders.csv max_bytes=1000
expect='given twice'; scorer orders.csv seed=1 seed=2
says 1 'reasons = 101' score fraud.persona orders.csv reasons=101
says 1 'unknown option "k"' score fraud.persona orders.csv k=2
says 1 'test_share|split' evaluate fraud_scorer orders.csv test_share=2
says 1 'metric' evaluate fraud_scorer orders.csv metrics=nosuch
says 1 'role label|label' evaluate fraud_scorer points.csv
says 2 'no evaluation' evaluate segmenter points.csv

# Other tables, other models, broken ones.
printf 'items\n5\n' > lacking.csv; printf 'amount,items\nabc,1\n' > texts.csv; printf 'amount,items\n2024-01-31,1\n' > times.csv
says 1 'no column "amount" .an input of the model.' score fraud.persona lacking.csv
says 1 'amount.*must hold numbers' score fraud.persona texts.csv
says 1 'amount.*must hold numbers' score fraud.persona times.csv
says 1 'does not score' score points.persona orders.csv
says 1 'does not assign' assign fraud.persona orders.csv
says 1 'part' show fraud.persona nosuchpart
size=$(wc -c < fraud.persona)
for cut in 0 1 63 64 1000 $((size - 1)); do
    head -c "$cut" fraud.persona > cut.persona
    says 1 'persona|model|file|empty' score cut.persona orders.csv
done
cp fraud.persona altered.persona
printf 'XY' | dd of=altered.persona bs=1 seek=$((size / 2)) conv=notrunc 2>/dev/null
says 1 'checksum|altered|damaged' score altered.persona orders.csv
says 1 'checksum|altered|damaged' report altered.persona -o x.html
says 1 'space|write' report fraud.persona -o /dev/full
"$persona" score fraud.persona orders.csv > /dev/full 2> err
holds "scores on a full disk are an error" '[ $? = 1 ] && [ "$(wc -l < err)" = 1 ]'
"$persona" evaluate fraud_scorer orders.csv $quick > /dev/full 2> err
holds "metrics on a full disk are an error" '[ $? = 1 ] && [ "$(wc -l < err)" = 1 ]'
says 1 'no such (file|folder)' fit fraud_scorer orders.csv -o no/such/folder/x.persona $quick

# Models of others: amount <= 10.5 ? 1 : 3, then .5 more.
cat > light.txt << 'MODEL'
tree
version=v4
num_class=1
num_tree_per_iteration=1
label_index=0
max_feature_idx=1
objective=binary sigmoid:1
feature_names=amount items
feature_infos=[0:99] [0:9]

Tree=0
num_leaves=2
num_cat=0
split_feature=0
split_gain=9
threshold=10.5
decision_type=10
left_child=-1
right_child=-2
leaf_value=1 3
leaf_weight=5 10
leaf_count=20 40
internal_value=2
internal_weight=0
internal_count=60
is_linear=0
shrinkage=1


Tree=1
num_leaves=1
num_cat=0
leaf_value=0.5
shrinkage=1


end of trees
MODEL
works import fraud_scorer light.txt -o light.persona column.value=amount
printf 'amount,items\n5,1\n50,1\n' > two.csv
works score light.persona two.csv
holds "an imported model says what it said" \
    "awk -F, 'NR == 2 && \$3 - 1 / (1 + exp(-1.5)) > 1e-12 || NR == 3 && 1 / (1 + exp(-3.5)) - \$3 > 1e-12 { exit 1 }' out"
works show light.persona trees
works report light.persona -o light.html
head -c 300 light.txt > light_cut.txt
sed 's/left_child=-1/left_child=7/' light.txt > light_child.txt
sed 's/threshold=10.5/threshold=nan/' light.txt > light_nan.txt
sed 's/binary sigmoid:1/regression/' light.txt > light_regression.txt
sed 's/num_leaves=2/num_leaves=2000000000/' light.txt > light_huge.txt
printf '{"learner":{}}' > xgb.json
printf '{"learner":' > xgb_cut.json
says 1 'neither|LightGBM' import fraud_scorer empty.csv -o x.persona
says 1 'neither' import fraud_scorer orders.csv -o x.persona
says 1 'LightGBM model' import fraud_scorer light_cut.txt -o x.persona
says 1 'LightGBM|model' import fraud_scorer light_child.txt -o x.persona
says 1 'LightGBM|model' import fraud_scorer light_nan.txt -o x.persona
says 1 'binary' import fraud_scorer light_regression.txt -o x.persona
says 1 'num_leaves' import fraud_scorer light_huge.txt -o x.persona
says 1 'XGBoost|booster|learner' import fraud_scorer xgb.json -o x.persona
says 1 'JSON' import fraud_scorer xgb_cut.json -o x.persona
says 1 'no such file' import fraud_scorer nothing.txt -o x.persona
says 1 'no column "nosuch"' import fraud_scorer light.txt -o x.persona column.value=nosuch
says 2 'no import' import segmenter light.txt -o x.persona
