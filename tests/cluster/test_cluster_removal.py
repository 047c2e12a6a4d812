"""The end: after all other tests of a stack, everything is deleted."""

from tests.cluster.deployment import Deployment
from tests.cluster.object_checks import left_behind
from tests.waiting import settled


def test_deleting_the_objects_leaves_nothing_behind_but_production_data(deployment: Deployment) -> None:
    deployment.delete_objects()

    def left() -> list[str]:
        spaces = (deployment.stack.platform, deployment.stack.agents)
        found = [line for space in spaces for line in left_behind(deployment.api, space)]
        # What is on volumes survives by intent; whoever wants it gone deletes the claims.
        return [line for line in found if deployment.stack.name == "dev" or "PersistentVolumeClaim" not in line]

    assert settled("the end of all", left, 60, 0.3) == []
