"""Installs a bundled adapter and its SDK, at the pinned version or another, into a cache."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pay_conformance.problems import ConfigurationProblem, SubjectProblem
from pay_conformance.resources import cache_folder, data_path

ADAPTERS = ("node", "python", "java", "go")
_INSTALL_SECONDS = 300
_TOOLCHAINS = {
    "node": (("node", "--version"), ("npm", "--version")),
    "python": ((sys.executable, "-m", "pip", "--version"),),
    "java": (("javac", "--version"), ("mvn", "--version")),
    "go": (("go", "version"),),
}
_VERSION = re.compile(r"v?\d[\w.+-]*")


@dataclass(frozen=True, slots=True)
class Installed:
    """An adapter ready to run. ``package`` says which SDK, for reports.

    ``folder`` is where its command is started; ``None`` for one that the run makes and removes.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    package: str = ""
    folder: Path | None = None


def missing_toolchain(name: str) -> str | None:
    """Return what the adapter's toolchain lacks here, e.g. ``npm is not installed``."""
    for command in _TOOLCHAINS[name]:
        try:
            done = subprocess.run(command, capture_output=True, timeout=60, check=False)
        except (OSError, subprocess.TimeoutExpired):
            return f"{Path(command[0]).name} is not installed"
        if done.returncode:
            return f"{' '.join(command)} fails"
    return None


def install(name: str, package: str | None = None) -> Installed:
    """Install the adapter ``name`` with its SDK, once, and return how to run it.

    ``package`` is a version of the registry, a local archive, or a folder; ``None`` is the pinned
    version. A local package is part of the cache's key by its content.

    Raises:
        ConfigurationProblem: for an unknown adapter, a missing toolchain or package file.
        SubjectProblem: if the SDK can't be installed; the installer's last words are in the text.
    """
    if name not in ADAPTERS:
        raise ConfigurationProblem(f"no adapter {name}", f"choose one of {', '.join(ADAPTERS)}")
    missing = missing_toolchain(name)
    if missing:
        raise ConfigurationProblem(
            f"the {name} adapter can't be installed: {missing}",
            "install that toolchain; `pay-conformance doctor` lists all of them",
        )
    source = data_path("adapters", name)
    local = _local(package)
    target = cache_folder() / "adapters" / f"{name}-{_key(source, package, local)}"
    if not (target / ".complete").exists():
        _build(name, source, target, package, local)
    return _READY[name](target, package or "")


def _local(package: str | None) -> Path | None:
    if package is None or (_VERSION.fullmatch(package) and not Path(package).exists()):
        return None
    path = Path(package).expanduser().resolve()
    if not path.exists():
        raise ConfigurationProblem(
            f"--package {package} is neither a version nor a file nor a folder",
            "give a version such as 2.3.4, an archive, or the SDK's folder",
        )
    return path


def _key(source: Path, package: str | None, local: Path | None) -> str:
    digest = hashlib.sha256((package or "").encode())
    digest.update(f"{sys.version_info[:2]}".encode())
    for root in (source, local):
        if root is None:
            continue
        for path in [root] if root.is_file() else sorted(root.rglob("*")):
            if path.is_file() and not {".git", "node_modules", "target"} & set(path.parts):
                digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def _build(name: str, source: Path, target: Path, package: str | None, local: Path | None) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=target.parent))
    try:
        shutil.copytree(source, work, dirs_exist_ok=True)
        _BUILD[name](work, package, local)
        (work / ".complete").touch()
        try:
            work.rename(target)
        except OSError:  # another run was faster
            if not (target / ".complete").exists():
                shutil.rmtree(target, ignore_errors=True)
                work.rename(target)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _run(command: Sequence[str], folder: Path, **environment: str) -> None:
    try:
        done = subprocess.run(
            list(command),
            cwd=folder,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_INSTALL_SECONDS,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise SubjectProblem(
            f"{command[0]} did not end within {_INSTALL_SECONDS} s", "is the registry reachable?"
        ) from error
    if done.returncode:
        lines = [line for line in (done.stderr + done.stdout).splitlines() if line.strip("[ERO] ")]
        told = " | ".join(dict.fromkeys([*lines[:2], *lines[-1:]]))
        raise SubjectProblem(
            f"{' '.join(command[:3])} failed: {told[:600]}",
            "give --package another version, an archive or a folder, or look at the registry",
        )


def _build_node(work: Path, package: str | None, local: Path | None) -> None:
    sdk = "@amazonpay/amazon-pay-api-sdk-nodejs"
    wanted = [str(local)] if local else [f"{sdk}@{package}"] if package else []
    options = ["--no-audit", "--no-fund", "--ignore-scripts", "--install-links", "--omit=dev"]
    _run(["npm", "install", *options, *wanted], work)


def _build_python(work: Path, package: str | None, local: Path | None) -> None:
    wanted = ["-r", "requirements.txt"]
    if package:
        wanted = [str(local) if local else f"AmazonPayClient=={package}"]
    options = ["--quiet", "--disable-pip-version-check", "--target", "packages"]
    _run([sys.executable, "-m", "pip", "install", *options, *wanted], work)


def _build_java(work: Path, package: str | None, local: Path | None) -> None:
    version = [f"-Dsdk.version={package}"] if package and not local else []
    copy = ["dependency:copy-dependencies", "-DoutputDirectory=lib", *version]
    _run(["mvn", "-q", "-B", *copy], work)
    if local:
        for old in (work / "lib").glob("amazon-pay-api-sdk-java-*.jar"):
            old.unlink()
        shutil.copy(local if local.is_file() else _maven_jar(local, work), work / "lib")
    _run(["javac", "-cp", "lib/*", "-d", "classes", "Adapter.java"], work)


def _maven_jar(folder: Path, work: Path) -> Path:
    copy = work / "sdk"
    shutil.copytree(folder, copy, ignore=shutil.ignore_patterns(".git", "target"))
    _run(["mvn", "-q", "-B", "package", "-DskipTests", "-Dmaven.javadoc.skip=true"], copy)
    jars = sorted((copy / "target").glob("*.jar"), key=lambda path: len(path.name))
    if not jars:
        raise SubjectProblem(f"{folder} builds no jar", "give the jar itself as --package")
    return jars[0]


def _build_go(work: Path, package: str | None, local: Path | None) -> None:
    module = "github.com/gotokatsuya/amazon-pay-sdk-go"
    if local and local.is_file():
        shutil.unpack_archive(local, work / "sdk")
        local = next(path.parent for path in sorted((work / "sdk").rglob("go.mod")))
    if local:
        _run(["go", "mod", "edit", f"-replace={module}={local}"], work)
    elif package:
        _run(["go", "mod", "edit", f"-require={module}@{package}"], work)
    flags = {"GOFLAGS": "-mod=mod", "GOTOOLCHAIN": "local"}
    _run(["go", "build", "-o", "adapter", "."], work, **flags)


def _ready_node(target: Path, _: str) -> Installed:
    return Installed(
        "node", ("node", str(target / "adapter.js")), {"ADAPTER_PACKAGES": str(target)}
    )


def _ready_python(target: Path, _: str) -> Installed:
    # -P and no user site: nothing but the SDK and what it asked for is importable.
    command = (sys.executable, "-P", "-s", str(target / "adapter.py"))
    return Installed("python", command, {"PYTHONPATH": str(target / "packages")})


def _ready_java(target: Path, package: str) -> Installed:
    jar = next((target / "lib").glob("amazon-pay-api-sdk-java*.jar"))
    version = jar.stem.removeprefix("amazon-pay-api-sdk-java-")
    classpath = f"{target / 'classes'}:{target / 'lib'}/*"
    command = ("java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", classpath, "Adapter")
    return Installed("java", command, {"ADAPTER_SDK_VERSION": version}, package)


def _ready_go(target: Path, package: str) -> Installed:
    pinned = re.search(r"amazon-pay-sdk-go (v\S+)", (target / "go.mod").read_text("utf-8"))
    version = pinned.group(1) if pinned else "unknown"
    if package:
        version = package if _VERSION.fullmatch(package) else f"local ({Path(package).name})"
    return Installed("go", (str(target / "adapter"),), {"ADAPTER_SDK_VERSION": version}, package)


_BUILD: Mapping[str, Callable[[Path, str | None, Path | None], None]] = {
    "node": _build_node,
    "python": _build_python,
    "java": _build_java,
    "go": _build_go,
}
_READY: Mapping[str, Callable[[Path, str], Installed]] = {
    "node": _ready_node,
    "python": _ready_python,
    "java": _ready_java,
    "go": _ready_go,
}
