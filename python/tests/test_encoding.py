"""JSON text is byte for byte what JavaScript writes."""

import json
import math
import random
import shutil
import struct
import subprocess
import unittest
from collections import OrderedDict
from datetime import datetime, timezone
from decimal import Decimal
from enum import Enum
from typing import Any, List

from tacho.encoding import encode, number, numbers

edges = [0.0, -0.0, 1.0, 1e15, 1e16, 1e17, 1e20, 1e21, 1e22, 1e-4, 1e-5, 1e-6, 1e-7, 0.1, -1.5e-6]
edges += [123456789012345680000.0, 5e-324, 1.7976931348623157e308, 2.0**53, -(2.0**63), 0.1 + 0.2]

# What JavaScript writes for them; the test against Node below compares thousands more.
written = [
    (1.0, "1"), (-0.0, "0"), (1e21, "1e+21"), (1e20, "100000000000000000000"), (1e-6, "0.000001"),
    (1e-7, "1e-7"), (1.5e-9, "1.5e-9"), (123456789012345680000.0, "123456789012345680000"),
    (5e-324, "5e-324"), (1.7976931348623157e308, "1.7976931348623157e+308"), (-2.5, "-2.5"),
]  # fmt: skip


def random_doubles(count: int) -> List[float]:
    chosen = random.Random(20260301)
    found = list(edges)
    while len(found) < count:
        bits = struct.unpack("<d", chosen.getrandbits(64).to_bytes(8, "little"))[0]
        if math.isfinite(bits):
            found.append(bits)
        found.append(chosen.uniform(-1, 1) * 10.0 ** chosen.randint(-12, 24))
        found.append(float(chosen.randint(-(10**22), 10**22)))
        found.append(round(chosen.uniform(0, 1e4), chosen.randint(0, 6)))
    return found


class Encoding(unittest.TestCase):
    def test_numbers_are_written_as_javascript_writes_them(self) -> None:
        for value, expected in written:
            self.assertEqual(number(value), expected)

    def test_thousands_of_random_doubles_are_written_as_node_writes_them(self) -> None:
        node = shutil.which("node")
        self.assertIsNotNone(node, "node is needed to compare with")
        doubles = random_doubles(8_000)
        script = (
            "const hex = JSON.parse(require('fs').readFileSync(0, 'utf8'));"
            "const read = (x) => Buffer.from(x, 'hex').readDoubleBE(0);"
            "process.stdout.write(JSON.stringify(hex.map((x) => JSON.stringify(read(x)))));"
        )
        hexes = [struct.pack(">d", value).hex() for value in doubles]
        answer = subprocess.run(
            [str(node), "-e", script], input=json.dumps(hexes).encode(), stdout=subprocess.PIPE
        )
        theirs = json.loads(answer.stdout)
        self.assertEqual([number(value) for value in doubles], theirs)
        self.assertEqual(numbers(doubles), "[%s]" % ",".join(theirs))

    def test_arrays_are_written_like_their_numbers_one_by_one(self) -> None:
        for values in ([], [0.0], [-0.0, -10.0, 10.0, -0.5], [1.0, math.nan, 1e-7], [100.0] * 3):
            self.assertEqual(numbers(values), "[%s]" % ",".join(map(number, values)))

    def test_what_is_not_finite_becomes_a_text(self) -> None:
        self.assertEqual(
            encode([math.nan, math.inf, -math.inf]), '["NaN","Infinity","-Infinity"]'
        )

    def test_integers_keep_all_their_digits(self) -> None:
        self.assertEqual(encode({"id": 2**64 + 1}), '{"id":18446744073709551617}')
        self.assertEqual(encode(10**5000), '"an integer of 16610 bits"')

    def test_text_is_escaped_as_javascript_escapes_it(self) -> None:
        self.assertEqual(encode('a"\\\n\x01\x7f/é\u2028'), '"a\\"\\\\\\n\\u0001\x7f/é\u2028"')
        self.assertEqual(encode("\ud800"), '"\\ud800"')
        self.assertEqual(encode("\ud83d\ude00"), '"\U0001f600"')
        encode({"\udfff": "\ud800"}).encode("utf-8")

    def test_what_json_does_not_know_becomes_what_comes_closest(self) -> None:
        class Color(Enum):
            RED = 1

        class Odd:
            def __str__(self) -> str:
                raise RuntimeError("no")

        values: Any = {
            "tuple": (1, 2), "set": {"b", "a"}, "bytes": b"\xc3\xa9\xff", "enum": Color.RED,
            "when": datetime(2026, 3, 1, tzinfo=timezone.utc), "decimal": Decimal("1.50"),
            "ordered": OrderedDict(a=1), "odd": Odd(), 1: None, None: True, 1.5: False,
        }  # fmt: skip
        self.assertEqual(
            encode(values),
            '{"tuple":[1,2],"set":["a","b"],"bytes":"é\ufffd","enum":1,'
            '"when":"2026-03-01T00:00:00+00:00","decimal":1.5,"ordered":{"a":1},"odd":"<Odd>",'
            '"1":null,"null":true,"1.5":false}',
        )

    def test_what_changes_while_it_is_written_is_written_all_the_same(self) -> None:
        class Busy:
            def __str__(self) -> str:
                changing[str(len(changing))] = 1
                return "busy"

        changing: Any = {"a": Busy(), "b": 2}
        self.assertEqual(encode(changing), '{"a":"busy","b":2}')

    def test_circles_and_depths_come_to_an_end(self) -> None:
        circle: Any = {}
        circle["self"] = circle
        self.assertEqual(encode(circle).count("self"), 64)
        deep: Any = []
        for _ in range(100_000):
            deep = [deep]
        self.assertIn("…", encode(deep))
        json.loads(encode(deep))


if __name__ == "__main__":
    unittest.main()
