import os
import subprocess
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scale.domain.command import (
    MalformedCommand,
    argument_vector,
    placeholders,
    queued_arguments,
    quoting_faults,
    resolved_arguments,
)

# Whatever an argument can hold: all of Unicode but NUL and surrogates.
any_value = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
plain_word = st.text("abcXYZ019-=._/$", min_size=1)

NASTY = [
    "two words",
    " leading and trailing ",
    "",
    "line\nbreak\r\n\ttab",
    'it\'s "quoted" \\ back`tick`',
    "$(rm -rf /); echo $HOME && true | cat > /dev/null &",
    "${x}",
    "${job_output_dir}",
    "${-f :x}",
    "#comment",
    "*?[a]~",
    "--flag",
    "\u2028\u00a0ünï\U0001f600",
    "v" * 100_000,
]


def vector(arguments, **values):
    return argument_vector("prog", arguments, values)[1:]


@pytest.mark.parametrize("value", NASTY)
@pytest.mark.parametrize(
    ("arguments", "before", "after"),
    [
        ("${x}", "", ""),
        ("a ${x} b", "", ""),
        ('"${x}"', "", ""),
        ("'${x}'", "", ""),
        ("--x=${x}/y", "--x=", "/y"),
        ("${--x=:x}", "--x=", ""),
        ("${http://a:b:x}", "http://a:b", ""),
        ('"a ${x} b"', "a ", " b"),
        ("\\${x}", "", ""),
    ],
)
def test_value_stays_one_argument_unchanged_wherever_it_is_put(value, arguments, before, after):
    words = vector(arguments, x=value)

    assert words.count(before + value + after) == 1
    assert len(words) == (3 if arguments == "a ${x} b" else 1)


@given(first=any_value, second=any_value, flag=plain_word, left=plain_word, right=plain_word)
def test_any_value_reaches_exactly_one_argument_unchanged(first, second, flag, left, right):
    arguments = f"{left} ${{{flag} :x}} '{left}${{y}} ${{x}}' ${{{flag}:y}}{right} ${{x}}"

    assert vector(arguments, x=first, y=second) == [
        left,
        flag,
        first,
        f"{left}{second} {first}",
        f"{flag}{second}{right}",
        first,
    ]


@given(
    values=st.lists(st.one_of(st.none(), any_value), min_size=1, max_size=6),
    separators=st.lists(st.sampled_from([" ", "\t", "\n", "  "]), min_size=5, max_size=5),
)
def test_words_of_one_placeholder_give_one_argument_per_value_present(values, separators):
    names = [f"n{index}" for index in range(len(values))]
    text = "".join(
        f"${{{name}}}{separator}"
        for name, separator in zip(names, [*separators, " "], strict=False)
    )

    assert vector(text, **dict(zip(names, values, strict=True))) == [
        value for value in values if value is not None
    ]


@given(arguments=st.text(st.sampled_from("${}:x -'\"\\a\n")), value=any_value)
def test_any_text_is_cut_or_refused_and_never_splits_a_value(arguments, value):
    try:
        words = vector(arguments, x=value)
        same_shape = vector(arguments, x="v")
    except MalformedCommand:
        return

    assert len(words) == len(same_shape)


@pytest.mark.parametrize("value", [v for v in NASTY if len(v) < 1000])
def test_value_arrives_in_a_real_program(value):
    script = "import os,sys; sys.stdout.buffer.write(b'\\0'.join(map(os.fsencode, sys.argv[1:])))"
    program = argument_vector(
        f"'{sys.executable}' -c \"{script}\"", "${-f :x} --y=${x}", {"x": value}
    )

    received = subprocess.run(program, capture_output=True, check=True).stdout

    assert [os.fsdecode(word) for word in received.split(b"\0")] == ["-f", value, f"--y={value}"]


def test_value_of_100_kb_arrives_in_a_real_program():
    script = "import sys; print(len(sys.argv), len(sys.argv[1]))"
    program = argument_vector(f"'{sys.executable}' -c '{script}'", "${x}", {"x": "a b'" * 25_000})

    assert subprocess.run(program, capture_output=True, check=True).stdout == b"2 100000\n"


def test_command_is_cut_into_words_but_not_substituted():
    assert argument_vector("run '${x} y' ${x}", "${x}", {"x": "1"}) == [
        "run",
        "${x} y",
        "${x}",
        "1",
    ]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("${-f :x}", ["-f", "v w"]),
        ("${-f\t\n:x}", ["-f", "v w"]),
        ("${-a -b :x}", ["-a", "-b", "v w"]),
        ("${--x=:x}", ["--x=v w"]),
        ("${-Dkey:sub=:x}", ["-Dkey:sub=v w"]),
        ("${:x}", ["v w"]),
        ('"${-f :x}"', ["-f v w"]),
        ("${'a b':x}", ["a bv w"]),
        ("a${x}b", ["av wb"]),
        ("${x}${x}", ["v wv w"]),
        ("$${x}", ["$v w"]),
        ("${x} '' ${x}", ["v w", "", "v w"]),
    ],
)
def test_flag_and_surroundings_decide_the_words(arguments, words):
    assert vector(arguments, x="v w") == words


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("${x}", []),
        ("a ${x} b", ["a", "b"]),
        ("${-f :x}", []),
        ("a ${--x=:x} b", ["a", "b"]),
        ('"${x}"', []),
        ("${x}${-f :x}", []),
        ("--x=${x}", ["--x="]),
        ("a${-f :x}b", ["ab"]),
        ('"a ${x} b"', ["a  b"]),
        ("''", [""]),
    ],
)
@pytest.mark.parametrize("values", [{}, {"x": None}])
def test_absent_optional_input_empties_its_whole_placeholder(arguments, words, values):
    assert vector(arguments, **values) == words


def test_empty_value_is_an_argument_unlike_an_absent_one():
    assert vector("${x} ${-f :x} ${y}", x="") == ["", "-f", ""]
    assert vector("${x}${y}", x="") == [""]


@pytest.mark.parametrize("arguments", ["${x", "a ${ b", "$x {x}", "$ {x}"])
def test_text_that_is_no_placeholder_is_literal(arguments):
    assert placeholders(arguments) == []
    assert vector(arguments, x="v") == arguments.split()


@pytest.mark.parametrize("arguments", ["'a ${x}", '"${x}', "${x} \\", "${':x}"])
def test_unclosed_quote_is_a_malformed_command(arguments):
    with pytest.raises(MalformedCommand, match=r"^command_arguments: "):
        vector(arguments, x="'")


@pytest.mark.parametrize("command", ["'a", "a\\", "", "  \n"])
def test_command_without_program_or_with_open_quote_is_malformed(command):
    with pytest.raises(MalformedCommand, match=r"^command: "):
        argument_vector(command, "${x}", {"x": "/bin/sh"})


@pytest.mark.parametrize("bad", ["a\0b", "\0", "\ud800"])
def test_character_that_no_argument_can_hold_is_refused(bad):
    with pytest.raises(MalformedCommand, match=r"^x: "):
        vector("${x}", x=bad)
    with pytest.raises(MalformedCommand, match=r"^command_arguments: "):
        vector(bad)
    with pytest.raises(MalformedCommand, match=r"^command: "):
        argument_vector(bad, "", {})


def test_undecodable_file_path_is_passed_byte_for_byte():
    path = os.fsdecode(b"/in/\xff.tif")

    assert vector("${x}", x=path) == [path]


def test_placeholders_are_named_once_in_order_by_what_follows_the_last_colon():
    text = "${b} '${-f a:c}' ${a:b} ${x:y:job_output_dir} ${} ${param-1:-f param-1} ${a${b}"

    assert placeholders(text) == ["b", "c", "job_output_dir", "", "-f param-1", "a${b"]


def test_placeholders_of_many_unclosed_ones_take_linear_time():
    started = time.monotonic()

    assert placeholders("${" * 200_000) == []
    assert time.monotonic() - started < 2


def test_queued_arguments_fill_in_properties_and_leave_the_rest():
    text = "${--p=:p} ${-g :gone} ${-i :input_file} ${job_output_dir}"

    shown = queued_arguments(text, {"p": "${input_file} 'x", "gone": None})

    assert shown == "--p=${input_file} 'x  ${-i :input_file} ${job_output_dir}"


def test_resolved_arguments_fill_in_everything_in_one_pass():
    text = "${-p :p} ${-g :gone} ${input_file} ${job_output_dir} ${open"
    values = {"p": "${p} ${input_file}", "input_file": "/in/a", "job_output_dir": "/out"}

    assert resolved_arguments(text, values) == "-p ${p} ${input_file}  /in/a /out ${open"


@given(value=any_value)
def test_shown_text_holds_the_value_unchanged(value):
    assert resolved_arguments("a ${-f :x} b", {"x": value}) == f"a -f {value} b"
    assert queued_arguments("a ${-f :x} ${y}", {"x": value}) == f"a -f {value} ${{y}}"


@pytest.mark.parametrize(
    ("command", "arguments", "fields"),
    [
        ("run it", "'${x}' ${-f :x}", []),
        ("", "", []),
        ("'run", '"${x}', ["command", "command_arguments"]),
        ("run", "${':x}", ["command_arguments"]),
        ("run", "${':x} '", ["command_arguments"]),
    ],
)
def test_quoting_faults_name_each_field_once(command, arguments, fields):
    assert [fault.split(":")[0] for fault in quoting_faults(command, arguments)] == fields
