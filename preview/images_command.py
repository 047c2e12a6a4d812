"""What ``python -m preview images`` does: list every image that a stack runs, to mirror them."""

# ruff: noqa: PLC0415, T201 - heavy imports wait until they are needed, and a command prints

import argparse
import sys
from pathlib import Path

from preview.stack_command import recorded
from preview.stackfile import find_root


def images(options: argparse.Namespace) -> int:
    """List the images; the exit status is 1 when the list is not whole."""
    root = find_root(Path.cwd())
    recording = recorded(root, options.stack)
    if recording is None:
        return 2
    from preview import images as lists
    from preview.plan import build
    from preview.render import render_stack
    from preview.yamlfile import dump

    plan = build(recording)
    rendering = render_stack(plan, root, network=options.manifests or options.require_manifests, compare=False)
    found = lists.images((*plan.objects, *rendering.objects))
    if options.json:
        import json

        print(json.dumps([{"image": image.name, "digest": image.digest, "users": image.users} for image in found]))
    elif options.skopeo:
        print(dump(lists.skopeo(found)), end="")
    else:
        width = max((len(image.name) for image in found), default=0)
        for image in found:
            print(f"{image.name:<{width}}  {', '.join(image.users)}")
    problems = [rendering.note, *(f"{release}: {why}" for release, why in rendering.failed.items())]
    problems = [problem for problem in problems if problem]
    for problem in problems:
        print(f"not all images: {problem}", file=sys.stderr)
    return int(bool(problems))
