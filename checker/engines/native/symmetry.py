"""The part of a generated file that gives a state's canonical representative.

`c/symmetry.h` has the algorithm; it asks three questions of a state, answered here in C made from
the types of the variables: what is the state with its elements permuted (`moved`), what do
elements have to do with it (`spread`, which adds to the colour of each element a hash of the
places where it stands), and what is a part of it worth as a hash that no permutation changes
(`content`). Each type whose values name elements gets a function for each question.

A local whose values name elements is looked at only where it is live: a dead one has its lowest
value, which is no element that anybody chose (NOTE(dead locals) in `ir/symmetry.py`).
"""
from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from checker.engines.native.cexpr import Names, comment
from checker.engines.native.layout import WORD, Elements, Layout
from checker.engines.native.parts import function
from checker.ir.system import Process, Variable
from checker.text import Writer
from checker.types import Index, Lock, Map, Maybe, Queue, Record, Set, Type, size
from checker.values import ordinal

MOST_ELEMENTS = 64
NO_ELEMENT = 255


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a value in C: a narrow code, or a pointer to words; and where to put it."""

    text: str
    wide: bool
    put: str = ""                # of a narrow part: a call that lacks its last argument


def _body(write: Writer, head: str, text: str) -> None:
    """The body of a function. What takes no bits leaves parameters without use."""
    for parameter in re.findall(r"(\w+)(?=[,)])", head):
        if not re.search(rf"\b{parameter}\b", text):
            write(f"(void){parameter};")
    for line in text.rstrip("\n").split("\n"):
        write(line)


class SymmetryCode:
    """Writes the code for the scalarsets of a system."""

    def __init__(self, layout: Layout, names: Names, write: Writer,
                 scalarsets: tuple[Index, ...]) -> None:
        self.layout, self.codes, self.names, self.write = layout, layout.codes, names, write
        self.system = layout.system
        self.base: dict[Index, int] = {}
        for index in scalarsets:
            self.base[index] = sum(other.size for other in self.base)
        self.elements = sum(index.size for index in scalarsets)
        self.functions = Writer()
        self._made: dict[tuple[str, Type], str] = {}
        self.locks = any(process.domain in self.base for process in self.system.processes)

    def all(self) -> None:
        """Everything, `canonical` included."""
        write = self.write
        write(comment("Symmetry of " + ", ".join(index.name for index in self.base)))
        write(f"#define ELEMENTS {self.elements}")
        write(f"#define SETS {len(self.base)}")
        keys, enough = self._keys()
        if enough:
            write("#define BY_KEYS")
        write('#include "symmetry.h"')
        write()
        ends = ", ".join(str(self.base[index] + index.size) for index in self.base)
        write(f"static const unsigned char set_end[SETS] = {{{ends}}};")
        write()
        body = Writer()
        for variable in self.system.variables:
            self._permute(body, variable)
        colours = Writer()
        if not enough:
            self._colours(colours)
        if any(isinstance(of, Lock) for _, of in self._made):
            self._holders()
        for line in self.functions.text().rstrip("\n").split("\n"):
            write(line)
        write()
        head = "static void permute(word *to, const word *from, const unsigned char *image)"
        self._function(head, "copy(to, from);\n" + body.text())
        self._function("static void keys(const word *s, word *key)", keys)
        if not enough:
            head = "static void colours(const word *s, const word *colour, word *next)"
            self._function(head, colours.text())

    def _number(self, index: Index, element: str) -> str:
        """The number of an element among those of all sets."""
        base = self.base[index]
        return f"{base} + {element}" if base else element

    def _function(self, head: str, body: str) -> None:
        with function(self.write, head):
            _body(self.write, head, body)

    def moves(self, of: Type) -> bool:
        """Whether permuting elements changes some value of the type."""
        match of:
            case Index():
                return of in self.base
            case Lock():
                return self.locks
            case Maybe(inner) | Set(inner) | Queue(inner, _):
                return self.moves(inner)
            case Map(key, value):
                return key in self.base or self.moves(value)
            case Record(fields):
                return any(self.moves(field_type) for _, field_type in fields)
        return False

    def _holders(self) -> None:
        """For each code of a lock: the element that its holder is the instance of, and the code
        of that process's first instance."""
        elements, firsts = [NO_ELEMENT], [0]
        for instance in self.system.instances:
            domain = instance.process.domain
            if domain in self.base:
                elements.append(self.base[domain] + instance.key)
                firsts.append(instance.number + 1 - instance.key)
            else:
                elements.append(NO_ELEMENT)
                firsts.append(instance.number + 1)
        for name, of, values in (("holder_element", "unsigned char", elements),
                                 ("holder_first", "word", firsts)):
            self.write(f"static const {of} {name}[] = {{{', '.join(map(str, values))}}};")
        self.write()

    # ── parts of values ─────────────────────────────────────────────────────────────────────

    def _variable(self, variable: Variable, state: str) -> Part:
        place = self.layout.places[variable.name]
        return self._at(variable.type, state, True, place)

    def _at(self, of: Type, whole: str, wide: bool, offset: int) -> Part:
        """The part of type `of` at a constant offset."""
        if self.codes.wide(of):
            return Part(f"{whole} + {offset // WORD}", True)
        width = self.codes.bits(of)
        if width == 0:
            return Part("0", False)
        if not wide:
            return Part(f"bits({whole}, {offset}, {width})", False,
                        f"put(&{whole}, {offset}, {width}, ")
        word, shift = f"({whole})[{offset // WORD}]", offset % WORD
        return Part(f"bits({word}, {shift}, {width})", False, f"put(&{word}, {shift}, {width}, ")

    @staticmethod
    def _element(parts: Elements, whole: str, wide: bool, i: str, base: int = 0) -> Part:
        """One of many equal parts that begin at a constant offset."""
        if parts.words:
            return Part(f"{whole} + {base // WORD} + {i} * {parts.words}", True)
        if parts.bits == 0:
            return Part("0", False)
        if not wide:
            shift = f"{base} + {i} * {parts.bits}" if base else f"{i} * {parts.bits}"
            return Part(f"bits({whole}, {shift}, {parts.bits})", False,
                        f"put(&{whole}, {shift}, {parts.bits}, ")
        word = f"({whole})[{base // WORD} + {i} / {parts.per}]"
        shift = f"{i} % {parts.per} * {parts.bits}"
        return Part(f"bits({word}, {shift}, {parts.bits})", False,
                    f"put(&{word}, {shift}, {parts.bits}, ")

    def _inner(self, of: Maybe, whole: str) -> Part:
        """What a Maybe that is not None holds."""
        if not self.codes.wide(of):
            return Part(f"{whole} - 1", False)
        return self._at(of.of, whole, True, WORD)

    def _slot(self, of: Queue, whole: str, i: str) -> Part:
        return self._element(self.codes.slots(of), whole, self.codes.wide(of), i,
                             self.codes.slots_at(of))

    def _length(self, of: Queue, whole: str) -> str:
        if self.codes.wide(of):
            return f"({whole})[0]"
        return f"bits({whole}, 0, {self.codes.length_bits(of)})"

    def _value(self, of: Map, whole: str, i: str) -> Part:
        return self._element(self.codes.elements(of.value), whole, self.codes.wide(of), i)

    def _fields(self, of: Record, whole: str) -> Iterator[tuple[Type, Part]]:
        for name, field_type in of.fields:
            yield field_type, self._at(field_type, whole, self.codes.wide(of),
                                       self.codes.field(of, name))

    # ── content: a hash that no permutation changes ─────────────────────────────────────────

    def content(self, of: Type, part: Part) -> str:
        if not self.moves(of):
            words = self.codes.words(of) if part.wide else 0
            return f"blend_words({part.text}, {words})" if part.wide else part.text
        if isinstance(of, Index):
            return f"colour[{self._number(of, part.text)}]"
        return f"{self._made_for('content', of)}({part.text}, colour)"

    def _content(self, write: Writer, of: Type) -> None:
        match of:
            case Lock():
                write("const unsigned char holder = holder_element[v];")
                write(f"return holder == {NO_ELEMENT} ? v : "
                      "blend(colour[holder], holder_first[v]);")
            case Maybe(inner):
                flag = "v[0]" if self.codes.wide(of) else "v"
                write(f"return {flag} ? blend({self.content(inner, self._inner(of, 'v'))}, 1) "
                      ": 0;")
            case Set(inner):
                write("word whole = 0;")
                with write.block(f"for (word i = 0; i < {size(inner)}; i++) {{"):
                    write("if (v >> i & 1)")
                    with write.indent():
                        write(f"whole += blend(colour[{self._number(inner, 'i')}], 1);")
                write("return whole;")
            case Map(key, value):
                write("word whole = 0;")
                one = self.content(value, self._value(of, "v", "i"))
                with write.block(f"for (word i = 0; i < {size(key)}; i++) {{"):
                    if key in self.base:
                        write(self._unless_lowest(value, self._value(of, "v", "i")))
                        write(f"whole += blend(colour[{self._number(key, 'i')}], {one});")
                    else:
                        write(f"whole = blend(whole, {one});")
                write("return whole;")
            case Record():
                write("word whole = 0;")
                for field_type, part in self._fields(of, "v"):
                    write(f"whole = blend(whole, {self.content(field_type, part)});")
                write("return whole;")
            case Queue(inner, _):
                write(f"const word length = {self._length(of, 'v')};")
                write("word whole = length;")
                one = self.content(inner, self._slot(of, "v", "i"))
                with write.block("for (word i = 0; i < length; i++) {"):
                    write(f"whole = blend(whole, {one});")
                write("return whole;")

    # ── spread: what a value says of each element in it ─────────────────────────────────────

    def spread(self, write: Writer, of: Type, part: Part, said: str) -> None:
        """`said` is a hash of where the value stands; no permutation changes it."""
        if isinstance(of, Index) and of in self.base:
            write(f"next[{self._number(of, part.text)}] += blend({said}, 2);")
        elif self.moves(of):
            write(f"{self._made_for('spread', of)}({part.text}, {said}, colour, next);")

    def _spread(self, write: Writer, of: Type) -> None:
        if not isinstance(of, (Lock, Map)):
            write(f"said = blend(said, {self.content(of, Part('v', self.codes.wide(of)))});")
        match of:
            case Lock():
                write("const unsigned char holder = holder_element[v];")
                write(f"if (holder != {NO_ELEMENT})")
                with write.indent():
                    write("next[holder] += blend(said, holder_first[v]);")
            case Maybe(inner):
                with write.block(f"if ({'v[0]' if self.codes.wide(of) else 'v'}) {{"):
                    self.spread(write, inner, self._inner(of, "v"), "said")
            case Set(inner):
                with write.block(f"for (word i = 0; i < {size(inner)}; i++) {{"):
                    write("if (v >> i & 1)")
                    with write.indent():
                        write(f"next[{self._number(inner, 'i')}] += blend(said, 3);")
            case Map(key, value):
                part = self._value(of, "v", "i")
                with write.block(f"for (word i = 0; i < {size(key)}; i++) {{"):
                    write(self._unless_lowest(value, part))
                    if key in self.base:
                        write(f"next[{self._number(key, 'i')}] += "
                              f"blend(said, {self.content(value, part)});")
                        self.spread(write, value, part,
                                    f"blend(said, colour[{self._number(key, 'i')}])")
                    else:
                        self.spread(write, value, part, "blend(said, i)")
            case Record():
                for number, (field_type, part) in enumerate(self._fields(of, "v")):
                    self.spread(write, field_type, part, f"blend(said, {number})")
            case Queue(inner, _):
                with write.block(f"for (word i = 0; i < {self._length(of, 'v')}; i++) {{"):
                    self.spread(write, inner, self._slot(of, "v", "i"), "blend(said, i)")

    def _unless_lowest(self, of: Type, part: Part) -> str:
        """A line that passes over the value of a Map that most of its keys have: the lowest, as
        far as no permutation changes that."""
        if part.wide or not self._lowest_stays(of):
            return ""
        return f"if ({part.text} == 0) continue;"

    def _lowest_stays(self, of: Type) -> bool:
        match of:
            case Index():
                return of not in self.base
            case Map(_, value):
                return self._lowest_stays(value)
            case Record(fields):
                return all(self._lowest_stays(field_type) for _, field_type in fields)
        return True

    # ── moved: the value after a permutation ────────────────────────────────────────────────

    def move(self, write: Writer, of: Type, to: Part, part: Part) -> None:
        """Put the permuted `part` at `to`; without bits there is nothing to put."""
        if part.wide:
            if self.moves(of):
                write(f"{self._made_for('moved', of)}({to.text}, {part.text}, image);")
            else:
                write(f"wide_copy({to.text}, {part.text}, {self.codes.words(of)});")
        elif to.put:
            write(f"{to.put}{self.moved(of, part)});")

    def moved(self, of: Type, part: Part) -> str:
        """The permuted code of a narrow part."""
        if not self.moves(of):
            return part.text
        if isinstance(of, Index):
            return f"image[{self._number(of, part.text)}]"
        return f"{self._made_for('moved', of)}({part.text}, image)"

    def _moved(self, write: Writer, of: Type) -> None:
        """The body: it builds `to`, which begins as a copy."""
        match of:
            case Lock():
                write("const unsigned char holder = holder_element[v];")
                write(f"if (holder != {NO_ELEMENT})")
                with write.indent():
                    write("to = holder_first[v] + image[holder];")
            case Maybe(inner) if not self.codes.wide(of):
                write("if (v)")
                with write.indent():
                    write(f"to = {self.moved(inner, self._inner(of, 'v'))} + 1;")
            case Maybe(inner):
                with write.block("if (v[0]) {"):
                    self.move(write, inner, self._inner(of, "to"), self._inner(of, "v"))
            case Set(inner):
                write("to = 0;")
                with write.block(f"for (word i = 0; i < {size(inner)}; i++) {{"):
                    write(f"to |= (v >> i & 1) << image[{self._number(inner, 'i')}];")
            case Map(key, value):
                with write.block(f"for (word i = 0; i < {size(key)}; i++) {{"):
                    at = f"image[{self._number(key, 'i')}]" if key in self.base else "i"
                    self.move(write, value, self._value(of, "to", at), self._value(of, "v", "i"))
            case Record():
                for (field_type, to), (_, part) in zip(self._fields(of, "to"),
                                                       self._fields(of, "v")):
                    self.move(write, field_type, to, part)
            case Queue(inner, _):
                with write.block(f"for (word i = 0; i < {self._length(of, 'v')}; i++) {{"):
                    self.move(write, inner, self._slot(of, "to", "i"), self._slot(of, "v", "i"))

    # ── a function for each type ────────────────────────────────────────────────────────────

    def _made_for(self, question: str, of: Type) -> str:
        """The function that answers a question about the values of a type."""
        name = self._made.get((question, of))
        if name is None:
            name = self.names.name(("symmetry", question, of), f"{question}_{of}")
            self._made[question, of] = name
            body, wide = Writer(), self.codes.wide(of)
            v = "const word *v" if wide else "word v"
            if question == "content":
                head = f"static word {name}({v}, const word *colour)"
                self._content(body, of)
            elif question == "spread":
                head = f"static void {name}({v}, word said, const word *colour, word *next)"
                self._spread(body, of)
            else:
                to = "word *to, " if wide else ""
                head = f"static {'void' if wide else 'word'} {name}({to}{v}, " \
                       "const unsigned char *image)"
                self._moved_body(body, of, wide)
            with function(self.functions, head):
                _body(self.functions, head, body.text())
        return name

    def _moved_body(self, body: Writer, of: Type, wide: bool) -> None:
        body(f"wide_copy(to, v, {self.codes.words(of)});" if wide else "word to = v;")
        self._moved(body, of)
        if not wide:
            body("return to;")

    # ── whole states ────────────────────────────────────────────────────────────────────────

    def _permute(self, write: Writer, variable: Variable) -> None:
        to, part = self._variable(variable, "to"), self._variable(variable, "from")
        if not self.moves(variable.type) or not (part.wide or to.put):
            return
        write(comment(variable.name))
        if self._named_by_local(variable):
            self._each_live(write, variable, "from", self._move_local)
        else:
            self.move(write, variable.type, to, part)

    def _colours(self, write: Writer) -> None:
        for number, variable in enumerate(self.system.variables, 1):
            if not self.moves(variable.type):
                continue
            write(comment(variable.name))
            if self._named_by_local(variable):
                self._each_live(write, variable, "s", self._spread_local, number)
            else:
                self.spread(write, variable.type, self._variable(variable, "s"), str(number))

    def _named_by_local(self, variable: Variable) -> bool:
        """Whether it keeps a local whose values name elements."""
        if variable.kind != "local":
            return False
        return self.moves(self._process(variable).locals[variable.source_name])

    def _process(self, variable: Variable) -> Process:
        return self.system.process[variable.process]

    def _each_live(self, write: Writer, variable: Variable, state: str, each, *more) -> None:
        """`each` for every instance; where the local is live, and where it is not."""
        process = self._process(variable)
        live = self.names.name(("live", variable.name), f"live_{variable.name}")
        flags = ["0"] * len(process.location_type.members)
        for name, location in process.locations.items():
            flags[ordinal(process.location_type, name)] = str(
                int(variable.source_name in location.live))
        write(f"static const bool {live}[] = {{{', '.join(flags)}}};")
        at = self.system.variable[process.location_variable]
        where = self._variable(at, state)
        if process.domain is None:
            each(write, variable, f"{live}[{where.text}]", *more)
            return
        with write.block(f"for (word e = 0; e < {size(process.domain)}; e++) {{"):
            where = self._value(at.type, self._bound(write, where, "at"), "e")
            each(write, variable, f"{live}[{where.text}]", *more)

    @staticmethod
    def _bound(write: Writer, part: Part, name: str) -> str:
        """A name for a part that is used as a container."""
        write(f"const word {'*' * part.wide}{name} = {part.text};")
        return name

    def _spread_local(self, write: Writer, variable: Variable, live: str, number: int) -> None:
        process, said = self._process(variable), str(number)
        of, part = process.locals[variable.source_name], self._variable(variable, "s")
        with write.block(f"if ({live}) {{"):
            if process.domain is not None:
                part = self._value(variable.type, self._bound(write, part, "v"), "e")
                colour = f"colour[{self._number(process.domain, 'e')}]" \
                    if process.domain in self.base else "e"
                if process.domain in self.base:
                    write(f"next[{self._number(process.domain, 'e')}] += "
                          f"blend({said}, {self.content(of, part)});")
                said = f"blend({said}, {colour})"
            self.spread(write, of, part, said)

    def _move_local(self, write: Writer, variable: Variable, live: str) -> None:
        process = self._process(variable)
        of = process.locals[variable.source_name]
        to, part = self._variable(variable, "to"), self._variable(variable, "from")
        wide = part.wide
        if process.domain is not None:
            at = "e"
            if process.domain in self.base:
                at = f"image[{self._number(process.domain, 'e')}]"
            part = self._value(variable.type, self._bound(write, part, "v"), "e")
            place = self.layout.places[variable.name]
            to = self._element(self.codes.elements(of), "to", True, at, place) if wide else \
                self._shifted(of, at, place)
        if part.wide:
            write(f"if ({live})")
            with write.indent():
                self.move(write, of, to, part)
            if process.domain in self.base:
                write("else")
                with write.indent():
                    write(f"wide_copy({to.text}, {part.text}, {self.codes.words(of)});")
        elif to.put:
            write(f"{to.put}{live} ? {self.moved(of, part)} : {part.text});")

    def _shifted(self, of: Type, at: str, place: int) -> Part:
        """A part of a narrow variable, as a place in the state."""
        width = self.codes.bits(of)
        if width == 0:
            return Part("0", False)
        return Part("", False, f"put(&to[{place // WORD}], {place % WORD} + {at} * {width}, "
                               f"{width}, ")

    # ── keys ────────────────────────────────────────────────────────────────────────────────

    def _keys(self) -> tuple[str, bool]:
        """The body of `keys`, and whether keys are all that there is to say: no part of a state
        speaks of two elements, and what it says of one fits a word."""
        parts: dict[Index, list[tuple[str, int]]] = {index: [] for index in self.base}
        enough = True
        for variable in self.system.variables:
            if self.moves(variable.type):
                enough = self._key_parts(variable, parts) and enough
        write = Writer()
        for index, pieces in parts.items():
            fits = sum(width for _, width in pieces) < WORD
            enough = enough and fits
            with write.block(f"for (word e = 0; e < {index.size}; e++) {{"):
                write("word k = 0;")
                for text, width in pieces:
                    write(f"k = k << {width} | {text};" if fits else f"k = blend(k, {text});")
                write(f"key[{self._number(index, 'e')}] = k;")
        return write.text(), enough

    def _key_parts(self, variable: Variable, parts: dict[Index, list[tuple[str, int]]]) -> bool:
        """Add what a variable says of each element alone; False where it says more than that."""
        of, whole = variable.type, self._variable(variable, "s")
        match of:
            case Map(key, value) if key in self.base and not self.moves(value):
                part = self._value(of, whole.text, "e")
                if part.wide:
                    parts[key].append((self.content(value, part), WORD))
                elif part.put:
                    parts[key].append((part.text, self.codes.bits(value)))
                return True
            case _ if variable.kind == "local":
                return False
            case Index():
                parts[of].append((f"({whole.text} == e)", 1))
            case Maybe(Index() as index):
                parts[index].append((f"({whole.text} == e + 1)", 1))
            case Set(Index() as index):
                parts[index].append((f"({whole.text} >> e & 1)", 1))
            case Lock():
                for process in self.system.processes:
                    if process.domain in self.base:
                        first = next(i.number for i in self.system.instances
                                     if i.process is process) + 1
                        parts[process.domain].append((f"({whole.text} == {first} + e)", 1))
            case _:
                return False
        return True
