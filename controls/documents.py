"""The document of a policy as a form and back, and two of them compared in words: computed from its JSON schema. Data
in, data out.

A form never loses what somebody wrote: what does not fit its place is kept as it is, with what is wrong beside it.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote

from django.utils.translation import gettext as _
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

Path = tuple[str | int, ...]
Faults = Mapping[Path, list[str]]
ROOT = "d"  # the names of inputs begin with it
RAW = "!"  # an input that holds JSON, for what fits no other
SHORT = 80


@dataclass
class Node:
    """A place of the document as the form shows it: `group`, `rows`, `entries`, `choice`, `number`, `text`, `words`,
    `raw`. `blank` is the row that a button adds; `key` the name of an entry, `columns` the heads of a table."""

    kind: str
    name: str
    label: str
    value: Any = ""
    hint: str = ""
    errors: list[str] = field(default_factory=list)
    children: list["Node"] = field(default_factory=list)
    choices: list[tuple[str, str]] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    blank: "Node | None" = None
    key: "Node | None" = None
    where: str = ""

    @property
    def id(self) -> str:
        return self.name.replace(".", "-").replace("%", "_").replace(RAW, "raw")

    @property
    def prefix(self) -> str:
        """What the names of a row begin with."""
        return self.key.name.removesuffix(".key") if self.key else self.name.removesuffix(f".{RAW}")

    @property
    def plain(self) -> bool:
        """A single input."""
        return self.kind not in ("group", "rows", "entries")


# --- from a document to a form ------------------------------------------------------------------------------------


def form(schema: Mapping[str, Any], document: Any, faults: Faults, *, more: Iterable[str] = ()) -> Node:
    """`more` names the lists to which an empty row is added."""
    return _Builder(faults, frozenset(more)).node(schema, document, (), ROOT, "")


@dataclass
class _Builder:
    faults: Faults
    more: frozenset[str]

    def node(self, schema: Mapping[str, Any], value: Any, path: Path, name: str, label: str) -> Node:
        kind = kind_of(schema)
        if not _fits(kind, value):
            return self._raw(value, path, name, label)
        made = Node(kind, name, label, hint=hint(schema), errors=list(self.faults.get(path, ())), where=_spelt(path))
        if kind == "group":
            self._group(made, schema, value or {}, path)
        elif kind == "rows":
            self._rows(made, schema, value or [], path)
        elif kind == "entries":
            self._entries(made, schema, value or {}, path)
        else:
            made.value = text(value)
            made.choices = _choices(schema, made.value) if kind == "choice" else []
            made.kind = "words" if kind == "text" and "\n" in made.value else kind
        return made

    def _raw(self, value: Any, path: Path, name: str, label: str) -> Node:
        errors = list(self.faults.get(path, ()))
        shown = json.dumps(value, ensure_ascii=False)
        return Node("raw", f"{name}.{RAW}", label, shown, _("JSON"), errors, where=_spelt(path))

    def _group(self, made: Node, schema: Mapping[str, Any], value: Mapping[str, Any], path: Path) -> None:
        known = schema["properties"]
        for key, inner in known.items():
            label = label_of(key, inner)
            made.children.append(self.node(inner, value.get(key), (*path, key), f"{made.name}.{_safe(key)}", label))
        for key in value.keys() - known.keys():
            made.children.append(self._raw(value[key], (*path, key), f"{made.name}.{_safe(key)}", key))

    def _rows(self, made: Node, schema: Mapping[str, Any], value: list[Any], path: Path) -> None:
        inner = schema["items"]
        if kind_of(inner) == "group":
            made.columns = [label_of(key, each) for key, each in inner["properties"].items()]
        made.blank = _Builder({}, frozenset()).node(inner, None, (), f"{made.name}.%new%", "")
        for at, item in enumerate(value):
            where = (*path, at)
            made.children.append(self.node(inner, item, where, f"{made.name}.{at}", _("Row %(n)s") % {"n": at + 1}))
        if made.name in self.more:
            made.children.append(self.node(inner, None, (*path, len(value)), f"{made.name}.{len(value)}", _("New row")))

    def _entries(self, made: Node, schema: Mapping[str, Any], value: Mapping[str, Any], path: Path) -> None:
        inner = schema["additionalProperties"]
        made.blank = self._entry(inner, "", None, path, f"{made.name}.%new%", {})
        for at, (key, item) in enumerate(value.items()):
            made.children.append(self._entry(inner, key, item, path, f"{made.name}.{at}", self.faults))
        if made.name in self.more:
            made.children.append(self._entry(inner, "", None, path, f"{made.name}.{len(value)}", {}))

    def _entry(self, inner: Mapping[str, Any], key: str, item: Any, path: Path, name: str, faults: Faults) -> Node:
        made = _Builder(faults, self.more).node(inner, item, (*path, key), f"{name}.value", key or _("new"))
        made.key = Node("text", f"{name}.key", _("Name"), key, errors=list(faults.get((*path, key, NAME), ())))
        return made


NAME = "(name)"  # the path of what is wrong with the name of an entry ends with it


def kind_of(schema: Mapping[str, Any]) -> str:
    if "enum" in schema or schema.get("type") == "boolean":
        return "choice"
    kind = schema.get("type")
    if kind == "object":
        return _kind_of_object(schema)
    if kind == "array":
        return "rows" if "items" in schema else "raw"
    if kind in ("integer", "number"):
        return "number"
    if kind == "string":
        return "text" if "pattern" in schema or schema.get("maxLength", SHORT + 1) <= SHORT else "words"
    return "raw"


def _kind_of_object(schema: Mapping[str, Any]) -> str:
    if "properties" in schema:
        return "group"
    return "entries" if isinstance(schema.get("additionalProperties"), Mapping) else "raw"


def _fits(kind: str, value: Any) -> bool:
    """Whether inputs of that kind can hold the value."""
    if kind == "raw":
        return False
    if value is None:
        return True
    if kind in ("group", "entries"):
        return isinstance(value, Mapping)
    if kind == "rows":
        return isinstance(value, list)
    if kind == "number":
        return isinstance(value, int | float | str) and not isinstance(value, bool)
    return isinstance(value, str) or (kind == "choice" and isinstance(value, bool | int | float))


def _choices(schema: Mapping[str, Any], value: str) -> list[tuple[str, str]]:
    known = [(text(each), _said(each)) for each in schema.get("enum", [True, False])]
    other = [] if value in {key for key, _label in known} else [(value, value or "–")]
    return [*other, *known]


def text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _safe(key: str) -> str:
    return quote(key, safe="").replace(".", "%2E")


# --- from a form to a document ------------------------------------------------------------------------------------


def document(schema: Mapping[str, Any], posted: Iterable[tuple[str, str]]) -> Any:
    """What was posted, in the order of the page."""
    return _value(schema, _tree(posted))


def _tree(posted: Iterable[tuple[str, str]]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for name, value in posted:
        first, *parts = name.split(".")
        if first == ROOT and parts:
            _put(tree, parts, value.replace("\r\n", "\n"))
    return tree


def renamed(schema: Mapping[str, Any], posted: Iterable[tuple[str, str]], name: str) -> str:
    """The name that a list of the page has once what was posted is a document: empty rows are gone, the others are
    counted anew."""
    tree, found, parts = _tree(posted), [ROOT], name.split(".")[1:]
    while parts:
        part, kind = parts.pop(0), kind_of(schema)
        if kind == "group":
            schema, tree = schema["properties"].get(unquote(part), {}), tree.get(part, {})
        elif kind in ("rows", "entries"):
            kept = [key for key, inner in tree.items() if not _blank(inner)]
            if part not in kept:
                return ""
            tree, part = tree[part], str(kept.index(part))
            if kind == "entries":
                tree, part = tree.get("value", {}), f"{part}.value"
                parts = parts[1:]
            schema = schema["items" if kind == "rows" else "additionalProperties"]
        found.append(part)
    return ".".join(found)


def _put(tree: dict[str, Any], parts: list[str], value: str) -> None:
    for part in parts[:-1]:
        inner = tree.setdefault(part, {})
        if not isinstance(inner, dict):
            return  # no form of ours says both
        tree = inner
    tree[parts[-1]] = value


def _value(schema: Mapping[str, Any], posted: Any) -> Any:
    if isinstance(posted, dict) and RAW in posted:
        return _from_json(posted[RAW])
    kind = kind_of(schema)
    if kind in ("group", "rows", "entries"):
        inside = posted if isinstance(posted, dict) else {}
        return {"group": _group, "rows": _list, "entries": _dict}[kind](schema, inside)
    return _scalar(schema, kind, posted if isinstance(posted, str) else "")


def _group(schema: Mapping[str, Any], posted: dict[str, Any]) -> dict[str, Any]:
    known = schema["properties"]
    found = {}
    for key, inner in known.items():
        value = _value(inner, posted.get(_safe(key), ""))
        if value not in (None, "") or key in schema.get("required", ()):
            found[key] = value
    others = {unquote(part): inner for part, inner in posted.items() if unquote(part) not in known}
    return found | {key: _from_json(inner[RAW]) for key, inner in others.items() if RAW in inner}


def _list(schema: Mapping[str, Any], posted: dict[str, Any]) -> list[Any]:
    return [_value(schema["items"], inner) for inner in posted.values() if not _blank(inner)]


def _dict(schema: Mapping[str, Any], posted: dict[str, Any]) -> dict[str, Any]:
    """A name that stands there twice is kept under one that fits no schema: neither value is lost."""
    found: dict[str, Any] = {}
    for inner in posted.values():
        if _blank(inner):
            continue
        key = inner.get("key", "").strip()
        while key in found:
            key += TWICE
        found[key] = _value(schema["additionalProperties"], inner.get("value", ""))
    return found


TWICE = " (2)"


def _blank(posted: Any) -> bool:
    return all(_blank(inner) for inner in posted.values()) if isinstance(posted, dict) else not posted.strip()


def _scalar(schema: Mapping[str, Any], kind: str, posted: str) -> Any:
    if kind == "number":
        return _number(posted.strip())
    if kind == "choice":
        allowed = schema.get("enum", [True, False])
        return next((each for each in allowed if text(each) == posted), posted)
    return posted


def _number(posted: str) -> Any:
    """A number where it is one; what is none stays what was written."""
    if not posted:
        return None
    plain = posted.replace("\N{MINUS SIGN}", "-")
    try:
        return int(plain)
    except ValueError:
        pass
    try:
        found = float(plain)
    except ValueError:
        return posted
    return found if abs(found) < float("inf") else posted


def _from_json(posted: str) -> Any:
    try:
        return json.loads(posted)
    except ValueError:
        return posted


# --- what is wrong, by place --------------------------------------------------------------------------------------


def faults(schema: Mapping[str, Any], found: Any) -> dict[Path, list[str]]:
    told: dict[Path, list[str]] = {}
    for error in Draft202012Validator(schema).iter_errors(found):
        for path, words in _places(error):
            if words not in told.setdefault(path, []):
                told[path].append(words)
    return told


def _places(error: ValidationError) -> Iterator[tuple[Path, str]]:
    path: Path = tuple(error.absolute_path)
    if "propertyNames" in error.absolute_schema_path:
        key = str(error.instance)
        twice = _("This name stands there twice.") if key.endswith(TWICE) else ""
        yield (*path, key, NAME), twice or _asked(error)
    elif error.validator == "required":
        for key in error.validator_value:
            if key not in error.instance:
                yield (*path, key), _("Fill this in.")
    elif error.validator == "additionalProperties" and error.validator_value is False:
        for key in error.instance.keys() - error.schema.get("properties", {}).keys():
            yield (*path, key), _("No such value is known; make it empty as JSON.")
    else:
        yield path, _asked(error)


def _asked(error: ValidationError) -> str:
    limit, kind = error.validator_value, str(error.validator)
    if error.instance in (None, ""):
        return _("Choose one.") if kind == "enum" else _("Fill this in.")
    if kind == "pattern":
        described = error.schema.get("description")
        return str(described) if described else _("Must fit %(pattern)s.") % {"pattern": limit}
    if kind == "type":
        return str({"integer": _("Write a whole number."), "number": _("Write a number.")}.get(limit, error.message))
    words = {
        "minimum": _("At least %(limit)s."),
        "maximum": _("At most %(limit)s."),
        "exclusiveMinimum": _("More than %(limit)s."),
        "exclusiveMaximum": _("Less than %(limit)s."),
        "maxLength": _("At most %(limit)s characters."),
        "minLength": _("At least %(limit)s characters."),
        "enum": _("Choose one."),
        "uniqueItems": _("The same stands there twice."),
    }
    return words[kind] % {"limit": limit} if kind in words else error.message


def place_of(schema: Mapping[str, Any], words: str) -> tuple[Path, str]:
    """The place that words begin with ("bands: ..."), where there is such a one, and the rest."""
    start, colon, rest = words.partition(": ")
    path: Path = tuple(start.split("."))
    return (path, rest) if colon and at(schema, path) is not None else ((), words)


def at(schema: Mapping[str, Any], path: Path) -> Mapping[str, Any] | None:
    for part in path:
        known = schema.get("properties", {}).get(part) or schema.get("additionalProperties")
        if not isinstance(known, Mapping):
            return None
        schema = known
    return schema


# --- words --------------------------------------------------------------------------------------------------------


def label_of(key: str, schema: Mapping[str, Any]) -> str:
    return str(schema.get("title") or key.replace("_", " ").capitalize())


def hint(schema: Mapping[str, Any]) -> str:
    """What may be written, said before somebody errs."""
    if "description" in schema:
        return str(schema["description"])
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None:
        return _("%(low)s to %(high)s") % {"low": low, "high": high}
    if high is not None and "exclusiveMinimum" in schema:
        return _("more than %(low)s, at most %(high)s") % {"low": schema["exclusiveMinimum"], "high": high}
    if "maxLength" in schema and kind_of(schema) == "words":
        return _("at most %(limit)s characters") % {"limit": schema["maxLength"]}
    return ""


def _spelt(path: Path) -> str:
    return ".".join(str(part) for part in path)


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, Mapping):
        return "; ".join(f"{key}: {_said(item)}" for key, item in value.items()) or "–"
    if isinstance(value, list):
        return ", ".join(_said(item) for item in value) or "–"
    return "–" if value is None else str(value)


# --- two documents beside each other ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Difference:
    """One place that differs: old and new in words, None for what is not there."""

    place: str
    old: str | None
    new: str | None


def differences(schema: Mapping[str, Any], old: Any, new: Any, where: tuple[str, ...] = ()) -> Iterator[Difference]:
    """Where two documents differ, in words: values by the labels of the form, lists by what came in and went out, rows
    by the value that names them."""
    if old == new:
        return
    kind = kind_of(schema)
    if kind == "group" and isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in [*schema["properties"], *sorted((old.keys() | new.keys()) - schema["properties"].keys())]:
            inner = schema["properties"].get(key, {})
            yield from differences(inner, old.get(key), new.get(key), (*where, label_of(key, inner)))
    elif kind == "entries" and isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in sorted(old.keys() | new.keys()):
            yield from differences(schema["additionalProperties"], old.get(key), new.get(key), (*where, key))
    elif kind == "rows" and isinstance(old, list) and isinstance(new, list):
        yield from _rows_that_differ(schema["items"], old, new, where)
    else:
        yield Difference(" › ".join(where), _side(old), _side(new))


def _rows_that_differ(inner: Any, old: list[Any], new: list[Any], where: tuple[str, ...]) -> Iterator[Difference]:
    before, after = _by_name(inner, old), _by_name(inner, new)
    if before is None or after is None:
        gone, come = [each for each in old if each not in new], [each for each in new if each not in old]
        whole = not gone and not come
        old, new = (old, new) if whole else (gone, come)
        yield Difference(" › ".join(where), _said(old) if old else None, _said(new) if new else None)
        return
    for key in [*before, *(key for key in after if key not in before)]:
        yield from differences(inner, before.get(key), after.get(key), (*where, key))
    if [key for key in before if key in after] != [key for key in after if key in before]:
        yield Difference(" › ".join((*where, _("order"))), ", ".join(before), ", ".join(after))


def _by_name(inner: Mapping[str, Any], rows: list[Any]) -> dict[str, Any] | None:
    """Rows by their first value, where it names each."""
    if kind_of(inner) != "group" or not all(isinstance(row, Mapping) for row in rows):
        return None
    first = next(iter(inner["properties"]))
    named = {row.get(first): row for row in rows if isinstance(row.get(first), str)}
    return named if len(named) == len(rows) else None


def _side(value: Any) -> str | None:
    return None if value is None else _said(value)


def places(schema: Mapping[str, Any], found: Any, where: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """The document place by place, in words; a list of plain values is one place."""
    kind = kind_of(schema)
    if kind == "group" and isinstance(found, Mapping):
        for key, value in found.items():
            inner = schema["properties"].get(key, {})
            yield from places(inner, value, (*where, label_of(key, inner)))
    elif kind == "entries" and isinstance(found, Mapping):
        for key, value in found.items():
            yield from places(schema["additionalProperties"], value, (*where, key))
    elif kind == "rows" and isinstance(found, list) and (rows := _by_name(schema["items"], found)):
        for key, row in rows.items():
            yield from places(schema["items"], row, (*where, key))
    else:
        yield " › ".join(where), _said(found)


def place_in_words(schema: Mapping[str, Any], path: str, old: Any, new: Any) -> Iterator[Difference]:
    """A stored change (path, old, new) in words."""
    where: list[str] = []
    for part in path.split(".") if path else []:
        known = schema.get("properties", {}).get(part)
        schema = known or schema.get("additionalProperties") or {}
        schema = schema if isinstance(schema, Mapping) else {}
        where.append(label_of(part, schema) if known else part)
    yield from differences(schema, old, new, tuple(where))


# --- taking in what came into force meanwhile ---------------------------------------------------------------------


def merged(base: Any, mine: Any, theirs: Any) -> Any:
    """My document with their changes where I changed nothing; where both did, mine stays. A list is one place."""
    if isinstance(base, Mapping) and isinstance(mine, Mapping) and isinstance(theirs, Mapping):
        keys = [*mine, *(key for key in theirs if key not in mine)]
        found = {key: merged(base.get(key), mine.get(key), theirs.get(key)) for key in keys}
        return {key: value for key, value in found.items() if value is not None}
    return theirs if mine == base else mine
