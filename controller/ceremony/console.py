"""Speak with the person at the keyboard: print, ask, take a passphrase without showing it."""

import argparse
import getpass
import sys
from typing import NoReturn, Protocol

from typing_extensions import override

YES = "同意"


class Parser(argparse.ArgumentParser):
    """Says in Chinese what is wrong with a command."""

    @override
    def error(self, message: str) -> NoReturn:
        """End with one sentence; argparse's own words follow for who knows them."""
        self.exit(2, f"命令参数不正确，请用 --help 查看用法。（{message}）\n")


class Console(Protocol):
    """A person at a keyboard."""

    def say(self, *lines: str) -> None:
        """Print lines."""
        ...

    def ask(self, question: str) -> str:
        """Return what the person types."""
        ...

    def secret(self, question: str) -> str:
        """Return what the person types, not shown."""
        ...


class Terminal(Console):
    """The real one. Without a keyboard (a script) answers are read from standard input, a line each."""

    @override
    def say(self, *lines: str) -> None:
        sys.stdout.write("\n".join(lines) + "\n")
        sys.stdout.flush()

    @override
    def ask(self, question: str) -> str:
        self.say(question)
        return sys.stdin.readline().strip()

    @override
    def secret(self, question: str) -> str:
        if sys.stdin.isatty():
            return getpass.getpass(f"{question}\n")
        return self.ask(question)


def agrees(console: Console, question: str) -> bool:
    """Ask for a word that nobody types by accident."""
    return console.ask(f"{question} 确认无误请输入“{YES}”，其他任何输入都会放弃：") == YES
