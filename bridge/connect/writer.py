"""Connect a program: plan what to write, write it, and undo it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from bridge.connect.data import MISSING, Change, Item, get_value, is_same
from bridge.connect.data import Path as ValuePath
from bridge.connect.edit import (
    Edit,
    Format,
    Splices,
    Written,
    apply_changes,
    find_put,
    format_path,
    remove_written,
    splice,
)
from bridge.connect.files import ConfigFile, read_config, remove_config, write_config
from bridge.connect.formats import FormatName, find_format
from bridge.connect.ledger import FileRecord, Ledger, Record, compute_digest
from bridge.connect.refusal import CannotConnect, CannotEdit, NotParsable
from bridge.errors import SettingsError
from bridge.logs import redact

_PRIVATE_MODE = 0o600

UndoResult = Literal["restored", "removed", "keys", "gone", "untouched"]
"""What `undo` did with a file.

`restored`: it has its old bytes. `removed`: the bridge had made it. `keys`: it was changed since,
so only the bridge's values went. `gone`: it was removed since. `untouched`: nothing was written.
"""


@dataclass(frozen=True, slots=True)
class FileChange:
    """What to write to one file."""

    path: Path
    format: FormatName
    changes: tuple[Change, ...]
    has_secret: bool = False
    """Whether one of the values is an access key, so that only the user may read the file."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be written to one file."""

    file: ConfigFile
    format: FormatName
    edit: Edit
    data: bytes
    mode: int
    dropped: tuple[Written, ...] = ()
    """What an earlier connection wrote, and this one does not."""

    @property
    def is_needed(self) -> bool:
        """Whether anything would change."""
        return self.data != self.file.data or self.mode != self.file.mode

    def format_diff(self) -> str:
        """Return the changed lines, as `diff -u` shows them."""
        import difflib

        before, after = self.file.text.splitlines(), self.edit.text.splitlines()
        name = str(self.file.path)
        diff = difflib.unified_diff(before, after, name, name, lineterm="", n=2)
        # The file may have keys of other services.
        return redact("\n".join(diff))


def plan_file(change: FileChange, ledger: Ledger | None = None, program: str = "") -> Plan:
    """Read a file and plan its new content; nothing is written.

    With a `ledger`, what the program's last connection wrote and this one does not is given back:
    such as a key, or the name of its variable. Raises CannotConnect and SettingsError.
    """
    file = read_config(change.path)
    kind = find_format(change.format)
    record = ledger.read(program) if ledger is not None else None
    old = record.find_file(file.path) if record is not None and file.data is not None else None
    dropped: tuple[Written, ...] = ()
    steps: tuple[Splices, ...] = ()
    text = file.text
    try:
        if ledger is not None and old is not None:
            data = kind.parse(text)
            dropped = tuple(_list_dropped(data, old.written, change.changes))
            if dropped:
                backup = ledger.read_backup(program, old)
                steps = tuple(_undo_values(kind, file, replace(old, written=dropped), backup))
        for step in steps:
            text = splice(text, step)
        edit = apply_changes(kind, text, change.changes)
        edit = replace(edit, steps=(*steps, *edit.steps))
    except NotParsable as error:
        raise CannotConnect(
            f"{file.path} is not changed: it is not valid {kind.name}: {error}."
        ) from error
    except CannotEdit as error:
        raise CannotConnect(f"{file.path} is not changed: {error}.") from error
    except RecursionError as error:
        problem = "a value in it contains itself"
        raise CannotConnect(f"{file.path} is not changed: {problem}.") from error
    # A file that the user lets others read must not show them a key.
    mode = file.mode & _PRIVATE_MODE if change.has_secret else file.mode
    return Plan(file, change.format, edit, file.encode(edit.steps), mode, dropped)


def _list_dropped(
    data: object, written: Iterable[Written], changes: Iterable[Change]
) -> Iterator[Written]:
    """Yield the values of an earlier connection that are still there, and that must go."""
    kept = {path: value for one in changes for path, value in _list_values(one.path, one.value)}
    for one in written:
        for path, value in _list_values(one.path, one.value):
            # A list of the bridge's own goes first, because no format replaces one.
            is_kept = path in kept and (not isinstance(value, list) or is_same(kept[path], value))
            if not is_kept and is_same(get_value(data, path), value):
                yield Written(path, value, one.existing)


def _list_values(path: ValuePath, value: object) -> Iterator[tuple[ValuePath, object]]:
    """Yield each value within mappings with its path."""
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from _list_values((*path, key), item)
    else:
        yield path, value


def write_plans(
    ledger: Ledger, plans: Sequence[Plan], *, program: str, model: str, base_url: str, at: float
) -> Record:
    """Write what was planned, after storing how to undo it. Raises CannotConnect, SettingsError.

    The caller holds the ledger's lock.
    """
    old = ledger.read(program)
    files = [_merge(old.find_file(plan.file.path) if old else None, plan) for plan in plans]
    for file, plan in zip(files, plans, strict=True):
        if file.before == compute_digest(plan.file.data):
            ledger.write_backup(program, plan.file.path, plan.file.data or b"")
    planned = {file.path for file in files}
    # A file that a newer version of the bridge no longer writes is still undone.
    kept = [file for file in (old.files if old else ()) if file.path not in planned]
    record = Record(program, model, base_url, at, (*kept, *files))
    ledger.write(record)
    for at, plan in enumerate(plans):
        try:
            _check_unchanged(plan)
            if plan.is_needed:
                write_config(plan.file.path, plan.data, plan.mode)
        except CannotConnect:
            if not any(one.is_needed for one in plans[:at]):
                _forget_attempt(ledger, record, old)
            raise
    return record


def _forget_attempt(ledger: Ledger, record: Record, old: Record | None) -> None:
    """Put the old record back, as nothing was written."""
    if old is None:
        ledger.remove(record)
    else:
        ledger.write(old)


def _check_unchanged(plan: Plan) -> None:
    """Raise CannotConnect if the file was changed while the plan was shown."""
    if read_config(plan.file.path).data != plan.file.data:
        raise CannotConnect(f"{plan.file.path} was changed just now. Try again.")


def _merge(old: FileRecord | None, plan: Plan) -> FileRecord:
    now, after = compute_digest(plan.file.data), compute_digest(plan.data)
    if old is None or (old.before == now and now not in old.after):
        return FileRecord(
            path=str(plan.file.path),
            format=plan.format,
            mode=plan.file.mode,
            existed=plan.file.data is not None,
            before=now,
            after=(after,),
            changed_since=False,
            written=plan.edit.written,
        )
    # A value that is written a second time was not there before the first time.
    first = {one.path: one.existing for one in reversed(old.written)}
    new = [replace(w, existing=first.get(w.path, w.existing)) for w in plan.edit.written]
    paths = {one.path for one in new}
    return replace(
        old,
        after=(*old.after, after),
        changed_since=old.changed_since or now not in old.after,
        written=(*(one for one in old.written if one.path not in paths), *new),
    )


def undo(
    ledger: Ledger, record: Record, is_chosen: Callable[[FileRecord], bool] = lambda _: True
) -> Iterator[tuple[Path, UndoResult]]:
    """Give back each chosen file as it was, or without the bridge's values if it was changed since.

    The caller holds the ledger's lock, and iterates to the end: only then the record is removed.
    Raises CannotConnect and SettingsError at the end: a file that cannot be given back stays in the
    record, and does not keep the others from it.
    """
    left = [file for file in record.files if not is_chosen(file)]
    problem: CannotConnect | SettingsError | None = None
    for file in filter(is_chosen, record.files):
        try:
            result = _undo_file(ledger, record.program, file)
        except (CannotConnect, SettingsError) as error:
            left.append(file)
            problem = problem or error
        else:
            yield Path(file.path), result
    ledger.keep_only(record, left)
    if problem is not None:
        raise problem


def _undo_file(ledger: Ledger, program: str, record: FileRecord) -> UndoResult:
    path = Path(record.path)
    # The user may have moved the file since, and left a link to it in its place.
    file = read_config(path)
    if file.data is None:
        return "gone" if record.existed else "untouched"
    digest = compute_digest(file.data)
    if digest in record.after and not record.changed_since:
        if not record.existed:
            remove_config(file.path)
            return "removed"
        write_config(file.path, ledger.read_backup(program, record), record.mode)
        return "restored"
    if digest == record.before:
        return "untouched"
    backup = ledger.read_backup(program, record)
    try:
        steps = _undo_values(find_format(record.format), file, record, backup)
    except (NotParsable, CannotEdit) as error:
        kept = ledger.get_backup_path(program, path)
        raise CannotConnect(
            f"{path} was changed since, and the bridge's values cannot be removed: {error}. "
            f"Its old content is in {kept}."
        ) from error
    # With its mode of now: another program's key may still be in it.
    write_config(file.path, file.encode(steps), file.mode)
    return "keys"


def _undo_values(
    kind: Format, file: ConfigFile, record: FileRecord, backup: bytes
) -> Iterable[Splices]:
    """Return the steps that remove each value that is still the bridge's."""
    text, steps = file.text, list[Splices]()
    before = kind.parse(replace(file, data=backup).text)
    for written in reversed(record.written):
        for part in _list_parts(kind.parse(text), written):
            if not is_same(get_value(kind.parse(text), part.path), part.value):
                # The user has another value there by now.
                continue
            old = get_value(before, part.path)
            if old is MISSING:
                new = remove_written(kind, text, part)
            else:
                new = [find_put(kind, text, kind.parse(text), part.path, old)[0]]
            for one in new:
                text = splice(text, one)
            steps += new
            for one in _restore_empty_parent(kind, text, before, part):
                text = splice(text, one)
                steps.append(one)
    return steps


def _list_parts(data: object, written: Written) -> Iterator[Written]:
    """Yield a value as a whole, or each of its parts if something in it has changed since."""
    there = get_value(data, written.path)
    is_changed = isinstance(there, dict) and not is_same(there, written.value)
    if not (is_changed and isinstance(written.value, dict)):
        yield written
        return
    place = written.path[-1]
    for key, value in reversed(written.value.items()):
        if not (isinstance(place, Item) and place.key == key):
            yield from _list_parts(data, Written((*written.path, key), value, written.existing))
    if isinstance(place, Item):
        # An element that has nothing left but the value by which it is found.
        yield Written(written.path, {place.key: place.value}, written.existing)


def _restore_empty_parent(
    kind: Format, text: str, before: object, written: Written
) -> Iterator[Splices]:
    """Write `[]` or `{}` again: in YAML, the first entry replaces it, and then nothing is left."""
    parent = written.path[: written.existing]
    old = get_value(before, parent)
    if parent and old in ([], {}) and get_value(kind.parse(text), parent) is None:
        yield find_put(kind, text, kind.parse(text), parent, old)[0]


def list_values(plan: Plan) -> list[str]:
    """Return the names of the values that are written, and of those that go."""
    written = [format_path(one.path) for one in plan.edit.written]
    dropped = [format_path(one.path) for one in plan.dropped]
    return written + [f"{name} (no longer)" for name in dropped if name not in written]
