"""Tests of the insertion: pieces, times and windows in, typing and pasting steps out."""

from hypothesis import given
from hypothesis import strategies as st

from talon_user.core.insertion import Frame, Insertion, Paste, Step, Type
from talon_user.core.place import Place
from talon_user.wire.answer import AnswerReader
from talon_user.wire.sse import EventDecoder
from tests.talon_user.loopback import DONE, build_delta

HERE, OTHER = 1, 2


def steps(insertion: Insertion, start: float = 0.0, seconds: float = 5.0) -> list[Step]:
    ticks = (start + tick * 0.05 for tick in range(int(seconds / 0.05)))
    return [step for now in ticks if (step := insertion.take_step(now, HERE))]


def test_prose_is_typed_and_line_breaks_are_pasted() -> None:
    insertion = Insertion(HERE, "stream", place=Place.TEXT)
    insertion.feed("Two and ")
    assert insertion.take_step(0.0, HERE) == Type("Two and ")
    insertion.feed("two\n")
    insertion.feed("are fo")
    assert insertion.take_step(0.2, HERE) is None
    assert insertion.take_step(0.25, HERE) == Paste("two\nare ")
    insertion.feed("ur.")
    assert insertion.take_step(9, HERE) is None  # a word is never cut
    insertion.finish()
    assert insertion.take_step(9, HERE) == Type("four.")


def test_text_with_brackets_is_pasted() -> None:
    insertion = Insertion(HERE, "stream", place=Place.TEXT)
    insertion.feed("f(x ")
    assert insertion.take_step(0.0, HERE) == Paste("f(x ")


def test_tabs_and_long_runs_are_pasted() -> None:
    insertion = Insertion(HERE, "stream", place=Place.TEXT)
    insertion.feed("a\t")
    assert insertion.take_step(0.0, HERE) == Paste("a\t")
    insertion.feed("x" * 300)
    assert insertion.take_step(0.45, HERE) is None  # a slow app may not have read the clipboard
    assert insertion.take_step(0.5, HERE) == Paste("x" * 300)


def test_lines_are_pasted_whole_and_the_last_one_at_the_end() -> None:
    insertion = Insertion(HERE, "lines", place=Place.TEXT)
    insertion.feed("def f():\n    ret")
    assert steps(insertion) == [Paste("def f():\n")]
    insertion.feed("urn 1")
    insertion.finish()
    assert steps(insertion, start=9) == [Paste("    return 1")]
    assert insertion.done


def test_at_end_mode_pastes_once() -> None:
    insertion = Insertion(HERE, "at_end", place=Place.TEXT)
    insertion.feed("one\n")
    insertion.feed("two")
    assert steps(insertion) == []
    insertion.finish()
    assert steps(insertion) == [Paste("one\ntwo")]


def test_a_terminal_gets_spaces_for_line_breaks_and_control_characters() -> None:
    for mode in ("stream", "lines", "at_end"):
        insertion = Insertion(HERE, mode, place=Place.TERMINAL)
        insertion.feed("ls\r\nrm x\x03\u2028" + "y" * 300)
        insertion.finish()
        done = steps(insertion)
        assert all(isinstance(step, Type) for step in done)
        assert "".join(step.text for step in done) == "ls  rm x  " + "y" * 300
        assert insertion.flattened


def test_another_window_pauses_and_the_text_stays_pending() -> None:
    insertion = Insertion(HERE, "stream", place=Place.TEXT)
    insertion.feed("kept ")
    assert insertion.take_step(0.0, OTHER) is None
    assert insertion.take_step(1.0, HERE) is None  # coming back is not yet a "resume"
    insertion.paused = False
    assert insertion.take_step(2.0, HERE) == Type("kept ")


def test_moving_to_a_terminal_flattens_pending_text() -> None:
    insertion = Insertion(HERE, "stream", place=Place.TEXT)
    insertion.feed("a\nb ")
    insertion.check_focus(OTHER)
    insertion.move_to(OTHER, "stream", place=Place.TERMINAL)
    assert insertion.take_step(0.0, OTHER) == Type("a b ")


@given(
    reply=st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=80),
    cuts=st.lists(st.integers(1, 40), min_size=1, max_size=60),
    mode=st.sampled_from(["stream", "lines", "at_end"]),
    visits=st.lists(st.sampled_from([HERE, HERE, HERE, OTHER]), max_size=60),
    piece_size=st.integers(1, 9),
    frame=st.sampled_from([Frame(), Frame("\n", ""), Frame("", "\n", replacing=True)]),
)
def test_inserted_and_pending_text_are_always_the_answer(
    reply: str, cuts: list[int], mode: str, visits: list[int], piece_size: int, frame: Frame
) -> None:
    pieces = [reply[i : i + piece_size] for i in range(0, len(reply), piece_size)]
    wire = b"".join(build_delta(piece) for piece in pieces) + DONE
    events, answer, insertion = (
        EventDecoder(),
        AnswerReader(),
        Insertion(HERE, mode, Place.TEXT, frame),
    )
    fed, at, now, done = "", 0, 0.0, ""
    while at < len(wire):
        cut = cuts.pop() if cuts else 1000
        for data in events.feed(wire[at : at + cut]):
            piece = answer.feed(data)
            fed += piece
            insertion.feed(piece)
        at, now = at + cut, now + 0.15
        step = insertion.take_step(now, visits.pop() if visits else HERE)
        done += step.text if step else ""
        assert done + insertion.pending == (frame.before + fed if fed else "")
        insertion.paused = False
    assert answer.complete
    assert fed == reply
    insertion.finish()
    done += "".join(step.text for step in steps(insertion, start=now))
    whole = frame.before + reply + frame.after if reply else ""
    assert (done, insertion.done) == (whole, True)
    assert "".join(insertion.inserted) == whole


def test_the_first_text_over_a_selection_is_pasted() -> None:
    insertion = Insertion(HERE, "stream", Place.TEXT, Frame(replacing=True))
    insertion.feed("( ")
    assert insertion.take_step(0.0, HERE) == Paste("( ")  # an editor would put a typed one around
    insertion.feed("b ")
    assert insertion.take_step(0.5, HERE) == Type("b ")


@given(st.text(max_size=40), st.integers(1, 5))
def test_events_do_not_depend_on_the_cuts(text: str, size: int) -> None:
    wire = text.encode("utf-8", "replace") + b"\r\rdata: end\n\n"
    pieces, whole = EventDecoder(), EventDecoder()
    cut = [event for i in range(0, len(wire), size) for event in pieces.feed(wire[i : i + size])]
    assert cut == whole.feed(wire)


def test_a_surrogate_pair_escaped_over_two_chunks_is_one_character() -> None:
    answer = AnswerReader()
    first = answer.feed('{"type": "response.output_text.delta", "delta": "a\\ud83d"}')
    second = answer.feed('{"type": "response.output_text.delta", "delta": "\\ude42"}')
    assert first + second == "a🙂"


def test_events_are_parsed_as_the_spec_says() -> None:
    events = EventDecoder()
    assert events.feed(b"\xef\xbb\xbfdata: one\r") == []
    assert events.feed(b"\ndata:  two \r\n: comment\rdata\n") == []
    assert events.feed(b"\r\nid: 7\n\ndata:x\n\nda") == ["one\n two \n", "x"]
    assert events.feed(b"ta: y\n") == []
    assert events.feed(b"\n") == ["y"]
