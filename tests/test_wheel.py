"""What is shipped works by itself: the wheel, in an environment that never saw the checkout."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

pytestmark = pytest.mark.xdist_group("wheel")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"  # setuptools leaves a build folder behind
    tracked = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False
    ).stdout
    if not tracked:
        pytest.skip("the files of the package are only known in a git checkout")
    for name in tracked.decode().strip("\0").split("\0"):
        if not name.startswith(("tests/", "benchmarks/")) and (ROOT / name).exists():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    command = [
        sys.executable,
        "-m",
        "build",
        "--wheel",
        "--no-isolation",
        "--outdir",
        str(folder),
        str(source),
    ]
    built = subprocess.run(command, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    [path] = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def bare_python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter that has the wheel and its dependencies, and nothing of the checkout.

    The dependencies are those of the environment of the tests, whose own link to the checkout (a
    `.pth` file) does not count when its folder is named in another `.pth` file.
    """
    folder = tmp_path_factory.mktemp("bare")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    packages = Path(
        sysconfig.get_path("purelib", vars={"base": str(folder), "platbase": str(folder)})
    )
    zipfile.ZipFile(wheel).extractall(packages)
    (packages / "dependencies.pth").write_text(
        sysconfig.get_path("purelib") + "\n", encoding="utf-8"
    )
    return folder / "bin" / "python"


def test_the_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0].split("-")[0] for name in names} == {"attrx"}
    for needed in (
        "attrx/py.typed",
        "attrx/prompts/asking/templates/schema.j2",
        "attrx/configs/presets/__init__.py",
        "attrx/testing/__init__.py",
    ):
        assert needed in names
    assert not [name for name in names if "tests" in name or "benchmarks" in name]


def test_the_main_job_runs_from_the_wheel(bare_python: Path, tmp_path: Path) -> None:
    def attrx(*arguments: str) -> str:
        command = [str(bare_python), "-m", "attrx", *arguments]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    command = [str(bare_python), "-c", "import attrx; print(attrx.__file__)"]
    where = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert str(bare_python.parent.parent) in where.stdout
    attrx("init", "shop")
    attrx("run", "shop/products.csv", "-c", "shop/attrx.yaml")
    attrx("report", "-c", "shop/attrx.yaml")
    assert "ensemble" in attrx("evaluate", "-c", "shop/attrx.yaml", "--gold", "shop/gold.csv")


def test_the_vendor_server_works_from_the_wheel(bare_python: Path, tmp_path: Path) -> None:
    code = (
        "import sys, urllib.request\n"
        "from attrx.testing import VendorServer, VendorServerProcess\n"
        "assert 'pytest' not in sys.modules\n"
        'body = b\'{"model": "m", "messages": [{"role": "user", "content": "hi"}]}\'\n'
        "for server in (VendorServer(lambda call: 'ok'), VendorServerProcess('--raw', 'ok')):\n"
        "    with server:\n"
        "        url = server.base_url('openai') + '/chat/completions'\n"
        "        print(urllib.request.urlopen(url, body).read().decode())\n"
    )
    command = [str(bare_python), "-c", code]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count('"content":"ok"') == 2
