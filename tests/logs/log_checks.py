"""Rules that the log content keeps; each returns what is wrong, so that tests can show that it notices a fault."""

import json
import re

from logs import LogContent
from tests.logs.logstash_config import ConfigError, plugins
from tests.logs.plugin_checks import option_faults

KNOWN_VARIABLES = {
    "ECK_ES_HOSTS",
    "ECK_ES_SSL_CERTIFICATE_AUTHORITY",
    "LOGSTASH_ES_USER",
    "LOGSTASH_ES_PASSWORD",
    "NEUROERP_ENV",
}
# Elasticsearch skips file-realm users of these names.
RESERVED_USERS = {
    "elastic",
    "kibana",
    "kibana_system",
    "logstash_system",
    "beats_system",
    "apm_system",
    "remote_monitoring_user",
}


def pipeline_faults(pipelines: dict[str, str]) -> list[str]:
    """Texts that Logstash would not start with, and plugin ids that alerts could not tell apart."""
    found: list[str] = []
    ids: list[str] = []
    for name, text in pipelines.items():
        try:
            used = list(plugins(text))
        except ConfigError as error:
            found.append(f"{name}: {error}")
            continue
        found += [f"{name}: {fault}" for fault in option_faults(text)]
        found += [f"{name}: the plugin {plugin.name} has no id" for plugin in used if "id" not in plugin.settings]
        ids += [str(plugin.settings.get("id")) for plugin in used]
        if {plugin.section for plugin in used} != {"input", "filter", "output"}:
            found.append(f"{name}: input, filter or output is missing")
        # In comments too: Logstash fills them in before it reads the text.
        variables = set(re.findall(r"\$\{([^}]*)", text))
        found += [f"{name}: unknown variable {variable}" for variable in sorted(variables - KNOWN_VARIABLES)]
        found += [f"{name}: {rest} is no variable" for rest in re.findall(r"\$(?!\{[A-Z_]+\}).?", text)]
    return found + [f"the id {name} is used twice" for name in sorted({name for name in ids if ids.count(name) > 1})]


def written_streams(content: LogContent, environment: str) -> set[str]:
    """Names that the outputs of the pipelines can come to, from the values that the filters give to the target."""
    names = set()
    for text in content.pipelines.values():
        used = list(plugins(text))
        targets = {
            plugin.settings[option]["[@metadata][target]"]
            for plugin in used
            for option in ("add_field", "replace")
            if "[@metadata][target]" in plugin.settings.get(option, {})
        }
        for plugin in used:
            if plugin.section == "output":
                index = plugin.settings["index"].replace("${NEUROERP_ENV}", environment)
                names |= {index.replace("%{[@metadata][target]}", target) for target in targets or {""}}
    return names


def stream_faults(content: LogContent, environment: str) -> list[str]:
    """Where pipelines, template and the writer's role name different streams."""
    written = written_streams(content, environment)
    patterns = set(json.loads(content.payloads["30-index-template.json"])["body"]["index_patterns"])
    (writer,) = content.user_roles["logstash"]
    allowed = {name for rights in content.roles[writer]["indices"] for name in rights["names"]}
    found = (
        [] if written == patterns else [f"the pipelines write {sorted(written)}, the template has {sorted(patterns)}"]
    )
    return found + ([] if patterns == allowed else [f"the writer may write {sorted(allowed)}"])


def role_faults(content: LogContent) -> list[str]:
    """Roles that are wider than a client of ours needs, and users that cannot log in."""
    found = []
    for role, definition in content.roles.items():
        if set(definition) - {"cluster", "indices", "applications"}:
            found.append(f"{role} has keys that a basic licence or this project does not know")
        rights = definition.get("indices", [])
        # Of all that Kibana has, only single features.
        in_kibana = [name for entry in definition.get("applications", []) for name in entry["privileges"]]
        found += [f"{role} has the privilege {name}" for name in in_kibana if not name.startswith("feature_")]
        privileges = [*definition.get("cluster", []), *(name for entry in rights for name in entry["privileges"])]
        names = [name for entry in rights for name in entry["names"]]
        found += [
            f"{role} has the privilege {name}" for name in privileges if name in ("all", "superuser") or "*" in name
        ]
        found += [
            f"{role} reaches {name}" for name in names if not re.fullmatch(r"(valeo-)?neuroerp-[a-z0-9-]+\*?", name)
        ]
        found += [f"{role} reaches {name}" for name in names if name in ("valeo-neuroerp-*", "neuroerp-*")]
    for user, names in content.user_roles.items():
        if user in RESERVED_USERS:
            found.append(f"Elasticsearch skips the user {user}")
        found += [
            f"{user} has the unknown role {name}" for name in names if name not in {*content.roles, "kibana_admin"}
        ]
    given = {name for names in content.user_roles.values() for name in names}
    return found + [f"nobody has the role {role}" for role in sorted(set(content.roles) - given)]
