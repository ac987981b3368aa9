"""The yardstick of benchmarks.start: a Kivy window of the kiosk's size with one label, and nothing else."""

import os
import sys

os.environ.update({"KIVY_NO_ARGS": "1", "KIVY_NO_CONFIG": "1", "KIVY_NO_FILELOG": "1"})

from kivy.config import Config

width, height = sys.argv[1].split("x")
Config.set("graphics", "width", width)
Config.set("graphics", "height", height)
Config.set("graphics", "multisamples", "0")
Config.set("kivy", "log_level", "warning")

from kivy.app import App  # noqa: E402 - after the settings
from kivy.core.window import Window  # noqa: E402
from kivy.uix.label import Label  # noqa: E402


class Bare(App):
    """One label."""

    def build(self) -> Label:
        """Say so when the first frame is complete."""
        Window.bind(on_flip=self._drawn)
        return Label(text="Hello")

    def _drawn(self, *_: object) -> None:
        Window.unbind(on_flip=self._drawn)
        sys.stdout.write("bare first frame\n")
        sys.stdout.flush()


Bare().run()
