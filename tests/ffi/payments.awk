# Makes the payments that the tests of the bindings share: 240 of them, by a fixed rule;
# large ones from Brazil are frauds, and some more.
BEGIN {
    print "order_id,amount,items,country,is_fraud"
    split("DE FR BR", country, " ")
    for (i = 0; i < 240; i++) {
        amount = 5 + i * 37 % 101; from = country[1 + i % 3]
        printf "o%03d,%s,%d,%s,%d\n", i, i % 29 == 3 ? "" : amount, 1 + i % 4, from, \
            (from == "BR" && amount > 60) || i % 48 == 7
    }
}
