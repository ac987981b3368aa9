"""Several who make one new file at once all get it: a controller, a command, another controller."""

import threading
from pathlib import Path

from sqlalchemy import create_engine, text

from controller.store.sqlite import MIGRATION_PRAGMAS, keep_transactions

FILES = 40
AT_ONCE = 4


def opened(file: Path, failed: list[Exception]) -> None:
    engine = create_engine(f"sqlite:///{file}")
    keep_transactions(engine, begin="BEGIN IMMEDIATE", pragmas=MIGRATION_PRAGMAS)
    try:
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE IF NOT EXISTS made (at INTEGER)"))
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told
        failed.append(error)
    finally:
        engine.dispose()


def test_nobody_who_opens_a_new_file_at_the_same_moment_is_refused(tmp_path: Path) -> None:
    failed: list[Exception] = []
    for number in range(FILES):
        file = tmp_path / f"{number}.db"
        threads = [threading.Thread(target=opened, args=(file, failed)) for _ in range(AT_ONCE)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)

    assert failed == []
