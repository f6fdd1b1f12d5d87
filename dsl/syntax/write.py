"""Syntax back to text, in the one way that `lenet fmt` writes it."""

from lenet.dsl.syntax.tree import Expression, Item, Let, Line, Number, Operation, Sizes, Text

_BINDS = {"+": 1, "-": 1, "*": 2, "/": 2}


def show_expression(expression: Expression) -> str:
    """`*` and `/` stand close, `+` and `-` apart: a name may itself contain a -."""
    if not isinstance(expression, Operation):
        return expression.text
    if _is_negation(expression):
        return f"(-{_inside(expression.right, 3)})"
    level = _BINDS[expression.operator]
    left, right = _inside(expression.left, level), _inside(expression.right, level + 1)
    space = " " if level == 1 else ""
    return f"{left}{space}{expression.operator}{space}{right}"


def _is_negation(operation: Operation) -> bool:
    """As the parser writes it: 0 - x, with both at the same place."""
    zero = operation.left
    return (
        operation.operator == "-"
        and isinstance(zero, Number)
        and zero.text == "0"
        and zero.span == operation.right.span
    )


def _inside(expression: Expression, level: int) -> str:
    text = show_expression(expression)
    if isinstance(expression, Operation) and not _is_negation(expression):
        return f"({text})" if _BINDS[expression.operator] < level else text
    return text


def show_sizes(sizes: Sizes) -> str:
    """`6x5x5`; with names in it, `width x 3 x 3`."""
    if len(sizes.parts) == 1:
        return show_expression(sizes.parts[0])
    plain = all(isinstance(part, Number) for part in sizes.parts)
    return ("x" if plain else " x ").join(_inside(part, 2) for part in sizes.parts)


def show_item(item: Item) -> str:
    """An argument: a text in its quotation marks, or sizes."""
    return f'"{item.value}"' if isinstance(item, Text) else show_sizes(item)


def show_head(statement: Let | Line) -> str:
    """A line without its name, its shape and its body."""
    if isinstance(statement, Let):
        return f"let {statement.name.text} = {show_expression(statement.value)}"
    if statement.keyword.text == "block" and statement.name is not None:
        parameters = ", ".join(
            p.name.text + (f" = {show_expression(p.default)}" if p.default is not None else "")
            for p in statement.parameters
        )
        return f"block {statement.name.text}" + (f"({parameters})" if parameters else "")
    return " ".join([statement.keyword.text, *map(show_item, statement.items)])
