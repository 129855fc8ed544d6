"""Three tests, one of which fails on purpose, so that there is something to see."""


def price(net, vat=0.2):
    return round(net * (1 + vat), 2)


def test_adds_vat():
    assert price(100) == 120


def test_rounds_to_cents():
    assert price(0.333) == 0.4


def test_knows_reduced_rates():
    assert price(100, vat="reduced") == 107
