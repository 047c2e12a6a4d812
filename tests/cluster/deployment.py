"""A stack's own objects in the cluster."""

from tests.cluster.api import Api, Manifest
from tests.cluster.control_plane import ControlPlane
from tests.cluster.object_checks import not_started, refused
from tests.cluster.stack_objects import StackObjects
from tests.waiting import settled, wait


class Deployment:
    """The objects of one stack, and what the tests make beside them."""

    def __init__(self, plane: ControlPlane, stack: StackObjects) -> None:
        self.plane, self.api, self.stack = plane, plane.api, stack
        self.beside: list[Manifest] = []
        """Objects that tests made in the place of charts and of the application."""
        self.deleted = 0
        wait("the end of what was there before", lambda: not leaving(self.api), 60)
        self.refused = refused(self.api, stack.manifests)

    def make(self, *manifests: Manifest) -> None:
        """Make objects in the place of charts or of the application; the removal takes them along."""
        for manifest in manifests:
            self.beside.append(manifest)
            self.api.apply(manifest)

    def started(self) -> list[str]:
        """Wait until the stack's own pods run; complaints when they do not."""
        waiting = [made for made in self.stack.manifests if made["kind"] in ("Deployment", "Job")]
        names = [made["metadata"]["name"] for made in waiting]
        return settled("the pods of the stack", lambda: not_started(self.api, self.stack.platform, names))

    def delete_objects(self) -> None:
        """Delete all but the namespaces, last made first; there is nothing left to do the second time."""
        made = [*self.stack.manifests, *self.beside][self.deleted :]
        self.deleted += len(made)
        for manifest in reversed(made):
            if manifest["kind"] != "Namespace":
                self.api.delete(manifest)

    def delete_namespaces(self) -> None:
        """Delete the namespaces; they are gone some seconds later."""
        for made in [*self.stack.manifests, *self.beside]:
            if made["kind"] == "Namespace":
                self.api.delete(made)


def leaving(api: Api) -> list[str]:
    """Namespaces that are on their way out; their pods go at once, since no kubelet ends anything for them."""
    spaces = [made for made in api.all("v1", "Namespace") if made["metadata"].get("deletionTimestamp")]
    names = [str(made["metadata"]["name"]) for made in spaces]
    for name in names:
        api.ask("DELETE", f"/api/v1/namespaces/{name}/pods", {"gracePeriodSeconds": 0})
    return names
