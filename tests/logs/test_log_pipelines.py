"""The Logstash pipelines: their form, what alerts and other parts rely on, and that the checks notice faults."""

import re
from typing import Any

import pytest

from logs import LogContent, content
from tests.logs.log_checks import KNOWN_VARIABLES, pipeline_faults
from tests.logs.logstash_config import Branch, Condition, ConfigError, Plugin, Selector, parse, plugins

CONTENT: LogContent = content("dev", index_replicas=0, retention_days=3, rollover_age="1d", rollover_size="2Gi")
MAIN, DEAD_LETTER = CONTENT.pipelines["main"], CONTENT.pipelines["dead_letter"]


def by_id(text: str) -> dict[str, Plugin]:
    return {plugin.settings["id"]: plugin for plugin in plugins(text)}


def test_pipelines_keep_all_rules() -> None:
    assert list(CONTENT.pipelines) == ["main", "dead_letter"]
    assert pipeline_faults(CONTENT.pipelines) == []


def test_encrypted_pipelines_keep_all_rules() -> None:
    values: dict[str, Any] = {"index_replicas": 1, "retention_days": 30, "rollover_age": "1d", "rollover_size": "30Gi"}
    encrypted = content("prod", cluster_issuer="ours", **values)
    assert encrypted.pipelines["main"] != MAIN
    assert pipeline_faults(encrypted.pipelines) == []


def test_every_known_variable_is_used() -> None:
    text = MAIN + DEAD_LETTER
    assert {name for name in KNOWN_VARIABLES if f"${{{name}}}" in text} == KNOWN_VARIABLES


def test_ids_that_alerts_name() -> None:
    outputs = {plugin.settings["id"] for plugin in plugins(MAIN) if plugin.section == "output"}
    assert outputs == {"es_app", "es_unparsed"}


@pytest.mark.parametrize("text", [MAIN, DEAD_LETTER])
def test_outputs_write_data_streams_with_the_own_user(text: str) -> None:
    outputs = [plugin.settings for plugin in plugins(text) if plugin.section == "output"]
    expected: dict[str, Any] = {
        "hosts": ["${ECK_ES_HOSTS}"],
        "user": "${LOGSTASH_ES_USER}",
        "password": "${LOGSTASH_ES_PASSWORD}",
        "ssl_enabled": True,
        "ssl_certificate_authorities": ["${ECK_ES_SSL_CERTIFICATE_AUTHORITY}"],
        "action": "create",
        "bulk_path": "/_bulk?require_data_stream=true",
        "data_stream": "false",
        "manage_template": False,
        "ilm_enabled": "false",
    }
    for settings in outputs:
        assert {key: value for key, value in settings.items() if key not in ("id", "index")} == expected


def test_beats_input_listens_where_filebeat_sends() -> None:
    assert by_id(MAIN)["beats_in"].settings == {"id": "beats_in", "port": 5044}


def test_dead_letter_pipeline_reads_the_queue_of_main() -> None:
    settings = by_id(DEAD_LETTER)["dlq_in"].settings
    assert settings["pipeline_id"] == "main"
    assert settings["path"] == CONTENT.logstash_settings["path.dead_letter_queue"]
    assert settings["clean_consumed"] is True
    assert settings["commit_offsets"] is True
    assert CONTENT.logstash_settings["dead_letter_queue.enable"] is True


def test_unparsed_lines_go_another_way_than_parsed_ones() -> None:
    (choice,) = parse(MAIN)["output"]
    assert isinstance(choice, Branch)
    (condition, unparsed), (otherwise, rest) = choice.arms
    assert condition == Condition("==", (Selector("[@metadata][target]"), "unparsed"))
    assert otherwise is None
    assert [unparsed[0].settings["id"], rest[0].settings["id"]] == ["es_unparsed", "es_app"]


def renames() -> dict[str, str]:
    """Key of a JSON line -> field, in the order in which the filters stand."""
    found: dict[str, str] = {}
    for plugin in plugins(MAIN):
        found |= plugin.settings.get("rename", {})
    return found


def test_flat_names_of_our_formatter_win_over_ecs_names() -> None:
    last = {target: source for source, target in renames().items()}
    flat = {"level": "level", "service": "service", "trace_id": "trace_id", "span_id": "span_id", "message": "message"}
    assert {target: last[target] for target in flat} == {key: f"[@metadata][j][{name}]" for key, name in flat.items()}
    assert last["[@metadata][ts]"] == "[@metadata][j][timestamp]"


def test_every_field_that_could_have_a_wrong_type_is_made_text() -> None:
    renamed = set(renames().values()) - {"context", "[@metadata][ts]"}
    code = by_id(MAIN)["json_types"].settings["code"]
    (made_text,) = re.findall(r"\[(\"message\".*?)\]\.each", code, re.DOTALL)
    assert set(re.findall(r'"([^"]+)"', made_text)) == renamed


def test_grok_patterns_are_anchored_and_named_ones_exist() -> None:
    grok = by_id(MAIN)["grok_app"].settings
    assert len(grok["match"]["message"]) == 3
    own = {name for pattern in grok["match"]["message"] for name in re.findall(r"%\{(NERP_\w+)", pattern)}
    assert own == set(grok["pattern_definitions"])
    assert all(pattern.startswith(r"\A") and pattern.endswith(r"\z") for pattern in grok["match"]["message"])
    assert grok["overwrite"] == ["message"]


def test_failure_tags_are_those_that_lead_to_unparsed() -> None:
    tags = {
        tag for plugin in plugins(MAIN) if plugin.name in ("grok", "json") for tag in plugin.settings["tag_on_failure"]
    }
    assert all(f'"{tag}" in [tags]' in MAIN for tag in tags | {"_groktimeout"})


def test_levels_are_mapped_to_levels_that_are_not_mapped_again() -> None:
    levels = by_id(MAIN)["lvl_norm"].settings["dictionary"]
    assert not set(levels) & set(levels.values())
    assert set(levels.values()) == {"WARN", "ERROR", "INFO", "CRITICAL"}


def test_ruby_code_has_no_quote_that_would_end_it() -> None:
    codes = [
        plugin.settings["code"] for text in (MAIN, DEAD_LETTER) for plugin in plugins(text) if plugin.name == "ruby"
    ]
    assert len(codes) == 4
    assert all(code.count("(") == code.count(")") and code.count("[") == code.count("]") for code in codes)


def edited(old: str, new: str) -> dict[str, str]:
    assert old in MAIN
    return {**CONTENT.pipelines, "main": MAIN.replace(old, new, 1)}


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("${LOGSTASH_ES_USER}", "${LOGSTASH_USER}", "unknown variable LOGSTASH_USER"),
        ("# Data streams", "# ${UNSET} Data streams", "unknown variable UNSET"),
        ("${ECK_ES_HOSTS}", "$ECK_ES_HOSTS", "is no variable"),
        ("${NEUROERP_ENV}", "${NEUROERP_ENV", "is no variable"),
        ('id => "lvl_up"', 'id => "lvl_none"', "lvl_none is used twice"),
        ('id => "es_unparsed"', 'id => "es_dead_letter"', "es_dead_letter is used twice"),
        ('id => "target"\n', "", "mutate has no id"),
        ("  beats {\n", "  beats \n", "line 7: expected"),
        ('drop { id => "blank" }', 'drop { id => "blank" ', "line"),
        ("port => 5044", "port = 5044", "line 8: expected"),
        ('"ISO8601"]', '"ISO8601"', "expected COMMA"),
        ("} else {\n      grok", "} elsif {\n      grok", ": expected ARROW"),
        ("    if ![level] {", "    else {", ": expected ARROW"),
        ("  }\n}\n\nfilter {", "  }\n\nfilter {", "line 13: expected ARROW or LBRACE"),
        ("output {", "outputs {", ": expected LBRACE"),
        ('"level" => "UNKNOWN"', '"level" => "UNKNOWN', "expected"),
        ('uppercase => ["level"]', 'uppercase => ["level"]\n uppercase => ["level"]', "uppercase only once"),
        ("uppercase => ", "upercase => ", "filter/mutate has no option upercase"),
        ("  beats {", "  beat {", "unknown plugin input/beat"),
        ("port => 5044", 'host => "::1"', "input/beats needs port"),
        ("port => 5044", "port => true", "input/beats: port must be number, not True"),
        ("timeout_millis => 1000", 'timeout_millis => "1s"', "timeout_millis must be number"),
        ("manage_template => false", "manage_template => 0", "manage_template must be boolean"),
        ('ilm_enabled => "false"', 'ilm_enabled => "no"', "ilm_enabled must be ['true', 'false', 'auto'], not 'no'"),
        ('remove_field => ["[event][original]"]', "remove_field => { }", "remove_field must be array"),
        ('hosts => ["${ECK_ES_HOSTS}"]', "hosts => [9200]", "hosts must be uri[], not [9200]"),
    ],
)
def test_faulty_pipeline_is_noticed(old: str, new: str, fault: str) -> None:
    found = pipeline_faults(edited(old, new))
    assert any(fault in line for line in found), found


def test_missing_section_is_noticed() -> None:
    assert pipeline_faults({"main": 'input { beats { id => "a" port => 5044 } }'}) == [
        "main: input, filter or output is missing"
    ]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "line 1: expected SECTION"),
        ("input {", "line 1: expected"),
        ("input { beats { port => } }", "line 1: expected BAREWORD or LBRACE"),
        ("filter { if [a] and [b] or [c] { } }", "write which of them comes first"),
        ("filter { if [a] = [b] { } }", "line 1"),
        ("filter { mutate { add_field => { a-b => 1 } } }", "line 1: expected quotes around a-b"),
        ("filter {\n mutate {\n $ } }", "line 3"),
    ],
)
def test_reader_refuses_broken_text(text: str, fault: str) -> None:
    with pytest.raises(ConfigError, match=fault):
        parse(text)


def test_reader_knows_the_forms_of_the_language() -> None:
    text = """
    # { not a brace, it's a comment
    filter {
      if [a] =~ /\\{[0-9]{2}/ and "x{" in [tags] { mutate { id => 'it "is"' b => [1, "}"] c => { "k" => "v" } } }
      else if ![b] or ([c][d] not in ["x", "y"]) { drop { id => "d\\"e" f => false g => -1.5 } }
      else { drop { id => "e" codec => json { charset => "UTF-8" } } }
    }
    """
    (branch,) = parse(text)["filter"]
    present = Condition("present", (Selector("[b]"),))
    assert [condition for condition, _ in branch.arms] == [
        Condition(
            "and", (Condition("=~", (Selector("[a]"), r"\{[0-9]{2}")), Condition("in", ("x{", Selector("[tags]"))))
        ),
        Condition(
            "or",
            (
                Condition("!", (present,)),
                Condition("!", (Condition("in", (Selector("[c][d]"), ["x", "y"])),)),
            ),
        ),
        None,
    ]
    (first,), (second,), (third,) = (body for _, body in branch.arms)
    assert first.settings == {"id": 'it "is"', "b": [1, "}"], "c": {"k": "v"}}
    assert second.settings == {"id": 'd\\"e', "f": False, "g": -1.5}
    assert third.settings["codec"] == Plugin("", "json", {"charset": "UTF-8"})
    assert [plugin.settings["id"] for plugin in plugins(text)] == ['it "is"', 'd\\"e', "e"]
