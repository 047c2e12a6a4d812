"""The versions of Kubernetes that matter, without the weight of their schemas."""

OLDEST, NEWEST = "1.33", "1.37"
"""The versions that objects are checked against: the oldest supported, and the newest whose schemas are bundled."""
NEXT = ("1.36", NEWEST)
"""The newest two: what comes next for a cluster of today."""
