"""The providers of a stack: its cluster, and the source of generated passwords."""

from typing import Literal, Protocol

import pulumi
import pulumi_kubernetes as k8s
import pulumi_random as random

from .model import Model, Name


class ClusterSettings(Model):
    """The cluster of the stack."""

    context: str | None = None
    """Context of your kubeconfig; the current one when it is left out."""
    identifier: Name | None = None
    """Name of the cluster in the state; the stack's name when it is left out. Change it only for another cluster."""
    kubernetes: Literal["1.33", "1.34", "1.35", "1.36", "1.37"] | None = None
    """Version of Kubernetes that the preview renders charts for and checks objects against; all when it is left out."""


class After(Protocol):
    """Makes the options of a component that others precede: it is made after them and goes before them."""

    def __call__(self, *others: pulumi.Resource) -> pulumi.ResourceOptions:
        """The options."""


def on_cluster(settings: ClusterSettings) -> After:
    """Options that give every resource its providers explicitly; the default ones may mean another cluster."""
    cluster = k8s.Provider(
        "cluster",
        context=settings.context,
        # Without it, a change of the context's name would plan a replacement of everything.
        cluster_identifier=settings.identifier or pulumi.get_stack(),
        # A changed dashboard is updated in place; a replacement would leave a gap or a double.
        enable_config_map_mutable=True,
        enable_secret_mutable=True,
    )
    providers = [cluster, random.Provider("random")]

    def after(*others: pulumi.Resource) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(providers=providers, depends_on=others)

    return after
