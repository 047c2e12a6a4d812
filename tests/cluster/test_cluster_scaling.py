"""The copies of rules and routes in which a minute is a second."""

from tests.cluster.scaled import scaled


def test_scaling_shortens_durations_and_keeps_names() -> None:
    rule = {"record": "a:rate5m", "expr": "rate(a:rate5m[5m]) > rate(b[1h:1m] offset 1w) * 5", "for": "5m"}
    assert scaled({"groups": [{"interval": "30s", "rules": [rule]}]}) == {
        "groups": [
            {
                "interval": "500ms",
                "rules": [
                    {
                        "record": "a:rate5m",
                        "expr": "rate(a:rate5m[5000ms]) > rate(b[60000ms:1000ms] offset 10080000ms) * 5",
                        "for": "5000ms",
                    }
                ],
            }
        ]
    }


def test_scaling_shortens_the_waits_of_routes_and_nothing_else() -> None:
    route = {"group_wait": "10s", "repeat_interval": "4h", "receiver": "team-5m", "routes": [{"group_interval": "5m"}]}
    assert scaled(route) == {
        "group_wait": "167ms",
        "repeat_interval": "240000ms",
        "receiver": "team-5m",
        "routes": [{"group_interval": "5000ms"}],
    }
