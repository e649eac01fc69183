# Makes the table that the tests of the bindings share: 300 customers of three kinds, by a
# fixed rule.
BEGIN {
    print "id,recency,frequency,monetary,city"
    split("Oslo Bergen Tromsø", city, " ")
    for (i = 0; i < 300; i++) {
        kind = i % 3; wobble = (i * 7919 % 101) / 101
        printf "c%03d,%d,%d,%.2f,%s\n", i, (kind == 0 ? 5 : kind == 1 ? 60 : 300) * (1 + wobble), \
            (kind == 0 ? 40 : kind == 1 ? 12 : 2) + int(5 * wobble), \
            (kind == 0 ? 2000 : kind == 1 ? 400 : 30) * (1 + wobble), city[1 + i % 3]
    }
}
