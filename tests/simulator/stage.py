# SPDX-License-Identifier: Apache-2.0
"""What a transcript sets up with a line: registries, images, chains, authorities, plugins, odd signatures.

Each kind of line is one function, listed with its words in tests/scripts/README.md. What a line makes
gets a name, under which later lines of the transcript find it as `$NAME`. Servers listen on loopback, in
this process, and are gone with the transcript.
"""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding

from notation_py.descriptor import IMAGE_INDEX, Descriptor
from tests.simulator import pki, registry, tsa
from tests.simulator.archives import Member, tar_gz, zip_archive
from tests.simulator.images import Image, blob_path, build_image, compact, write_layout
from tests.simulator.odd_signatures import ODD_SIGNATURES, odd_signature
from tests.simulator.plugin_scripts import plugin_script
from tests.simulator.publisher import DAY, STARTED, TIMESTAMP_TYPE, Published
from tests.simulator.registry import Quirks, Request, SimulatedRegistry, running
from tests.simulator.revocation_servers import Reply, WebServer, web_server
from tests.simulator.tls_names import SERVER


def _lying(asked: Request, reply: registry.Reply) -> registry.Reply:
    """Answer a question about a manifest with another one."""
    if "/manifests/" not in asked.path:
        return reply
    other = Descriptor.of(IMAGE_INDEX, b"{}")
    headers = (("Content-Type", IMAGE_INDEX), ("Docker-Content-Digest", str(other.digest)))
    return registry.Reply(200, b"{}", headers)


def _refusing(asked: Request, reply: registry.Reply) -> registry.Reply:
    """Take nothing."""
    if asked.method in {"POST", "PUT"}:
        return registry.Reply(403, registry.error_document("DENIED", "read only"))
    return reply


_REGISTRIES: dict[str, Callable[[Quirks], None]] = {
    "tags": lambda quirks: setattr(quirks, "referrers_api", False),
    "keeps": lambda quirks: setattr(quirks, "deletion", False),
    "basic": lambda quirks: setattr(quirks, "basic", ("alice", "secret")),
    "token": lambda quirks: setattr(quirks, "token", ("alice", "secret")),
    "lies": lambda quirks: setattr(quirks, "alter", _lying),
    "refuses": lambda quirks: setattr(quirks, "alter", _refusing),
    "pages": lambda quirks: setattr(quirks, "page_size", 1),
}


@dataclass
class Stage:
    """The props of one transcript; leave the `stack` and they are gone.

    Attributes:
        names: what `$NAME` stands for. environment: of the programs that are run.
    """

    work: Path
    environment: dict[str, str]
    stack: ExitStack
    names: dict[str, str] = field(default_factory=dict)
    registries: dict[str, SimulatedRegistry] = field(default_factory=dict)
    chains: dict[str, Published] = field(default_factory=dict)
    servers: dict[str, WebServer] = field(default_factory=dict)
    known: dict[str, Descriptor] = field(default_factory=dict)

    def set_up(self, kind: str, words: list[str]) -> None:
        """Do what the line of the *kind* with *words* says."""
        PROPS[kind](self, *words)

    def web(self, scheme: str = "http") -> WebServer:
        """Return the one web server of the *scheme*; programs believe its certificate for TLS."""
        if scheme not in self.servers:
            context = None
            if scheme == "https":
                (self.work / "server.pem").write_bytes(SERVER.pem() + SERVER.key_pem())
                (self.work / "server-root.crt").write_bytes(SERVER.root_pem())
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(self.work / "server.pem")
                self.environment["SSL_CERT_FILE"] = str(self.work / "server-root.crt")
            self.servers[scheme] = self.stack.enter_context(web_server(context))
            self.names["WEB" if context is None else "SECURE"] = self.servers[scheme].place
        return self.servers[scheme]

    def put(self, place: str, image: Image) -> Descriptor:
        """Put *image* where *place* says: `HOST:PORT/REPOSITORY[:TAG]` or `LAYOUT[:TAG]`."""
        host, _, rest = place.partition("/")
        if host in self.registries:
            store, tag = self.registries[host], rest.partition(":")[2]
            for data in image.blobs.values():
                store.put_blob(data)
            return store.put(image.manifest, image.media_type, tag or None)
        path, _, tag = place.partition(":")
        return write_layout(self.work / path, image, tag or None)

    def described(self, place: str) -> Descriptor:
        """Return the descriptor of what *place*, with a tag, names."""
        host, _, rest = place.partition("/")
        if host in self.registries:
            store = self.registries[host]
            digest = store.tags[rest.partition(":")[2]]
            return Descriptor.of(*store.manifests[digest])
        path, _, tag = place.partition(":")
        index = json.loads((self.work / path / "index.json").read_bytes())
        [entry] = [one for one in index["manifests"] if tag in one.get("annotations", {}).values()]
        return Descriptor.of(entry["mediaType"], blob_path(self.work / path, entry["digest"]).read_bytes())


def _registry(stage: Stage, name: str, *words: str) -> None:
    """`registry NAME WORDS`: a simulated registry at `$NAME`."""
    quirks = Quirks()
    for word in words:
        _REGISTRIES[word](quirks)
    store = stage.stack.enter_context(running(quirks))
    stage.registries[store.host] = store
    stage.names[name] = store.host


def _image(stage: Stage, name: str, place: str, *words: str) -> None:
    """`image NAME PLACE [TEXT] [KEY=VALUE]`: a tiny image with the digest `$NAME`."""
    annotations = dict(word.split("=", 1) for word in words if "=" in word)
    text = next((word for word in words if "=" not in word), name)
    stage.names[name] = str(stage.put(place, build_image(text, annotations=annotations)).digest)


def _index(stage: Stage, name: str, place: str, *members: str) -> None:
    """`index NAME PLACE MEMBER...`: an index of images in the same place, which are made, as `$MEMBER`.

    A member that has a name already is listed again; `?MEMBER` is listed and is not there.
    """
    entries = []
    for number, member in enumerate(members):
        image = build_image(member.strip("?"))
        descriptor = stage.known.get(member) or image.descriptor
        if not member.startswith("?") and member not in stage.known:
            descriptor = stage.put(place.rpartition(":")[0], image)
        stage.known[member] = descriptor
        stage.names[member.strip("?")] = str(descriptor.digest)
        platform = {"os": "linux", "architecture": f"arch{number}"}
        entries.append(descriptor.to_json() | {"platform": platform})
    manifest = compact({"schemaVersion": 2, "mediaType": IMAGE_INDEX, "manifests": entries})
    stage.known[name] = stage.put(place, Image(manifest, IMAGE_INDEX, {}))
    stage.names[name] = str(stage.known[name].digest)


def _chain(stage: Stage, name: str, *words: str) -> None:
    """`chain NAME WORDS`: NAME.key, NAME.crt, NAME-issuer.crt and NAME-root.crt, a chain valid now.

    Words: a type of key, a length; `ocsp` and `crl`, named by the leaf; `tsa`; `expired`, `early`.
    """
    edits: dict[int, Any] = {}
    if "expired" in words:
        edits[0] = pki.changed(not_after=STARTED - DAY)
    if "early" in words:
        edits[0] = pki.changed(not_before=STARTED + DAY)
    key_type: Any = next((word for word in words if word[:2] in {"EC", "RS"}), "EC-256")
    length = next((int(word) for word in words if word.isdigit()), 2)
    published = Published.naming(
        stage.web(),
        ocsp=(0,) if "ocsp" in words else (),
        crl=(0,) if "crl" in words else (),
        key_type=key_type,
        length=length,
        subject=name,
        stamping="tsa" in words,
        edits=edits,
    )
    stage.chains[name] = published
    for suffix, data in (
        (".key", published.chain.key_pem()),
        (".crt", published.chain.pem()),
        ("-root.crt", published.chain.root_pem()),
        ("-issuer.crt", published.chain.certificates[1].public_bytes(Encoding.PEM)),
    ):
        path = stage.work / f"{name}{suffix}"
        path.write_bytes(data)
        path.chmod(0o600)


def _publish(stage: Stage, name: str, method: str, status: str) -> None:
    """`publish CHAIN ocsp|crl good|revoked|nothing`: what the chain's server says about its leaf."""
    published = stage.chains[name]
    match method, status:
        case "ocsp", "nothing":
            published.answer_ocsp(0, Reply(b"", status=503))
        case "ocsp", _:
            published.ocsp(0, status=status)
        case "crl", "good":
            published.crl(0)
        case "crl", "revoked":
            published.crl(0, entries=[published.entry(0)])
        case _:
            published.answer_crl(0, Reply(b"", status=503))


def _tsa(stage: Stage, name: str, chain: str, fault: str = "") -> None:
    """`tsa NAME CHAIN [FAULT]`: an authority of the chain at `$NAME`; faults: `503` or so, `big`."""

    def answer(asked: Any) -> Reply:
        if fault.isdigit():
            return Reply(b"", status=int(fault))
        if fault == "big":
            return Reply(b"\0" * (1 << 20 | 1), kind=TIMESTAMP_TYPE)
        changes = {"gen_time": tsa.general_time(datetime.now(UTC))}
        stamper = tsa.FakeTimestamper(stage.chains[chain].chain, changes)
        return Reply(stamper.timestamp(asked.body), kind=TIMESTAMP_TYPE)

    stage.names[name] = stage.web().publish(f"/tsa/{name}", answer)


def _page(stage: Stage, name: str, file: str, status: str = "200") -> None:
    """`page NAME FILE [STATUS]`: an https page at `$NAME` with the file; `huge` claims 256 MiB."""
    data, length = (stage.work / file).read_bytes(), 256 << 20 if status == "huge" else None
    code = int(status) if status.isdigit() else 200
    reply = Reply(data, status=code, kind="application/octet-stream", length=length)
    stage.names[name] = stage.web("https").publish(f"/{name}/{file}", reply)


def _archive(stage: Stage, path: str, *entries: str) -> None:
    """`archive PATH NAME=FILE...`: a zip or tar.gz with those entries, all of them executable."""
    members = [
        Member(name.encode(), (stage.work / file).read_bytes())
        for name, _, file in (entry.partition("=") for entry in entries)
    ]
    write = zip_archive if path.endswith(".zip") else tar_gz
    (stage.work / path).write_bytes(write(*members))


def _sparse(stage: Stage, path: str, size: str) -> None:
    """`sparse PATH MEBIBYTES`: a file full of zeros that takes no room."""
    with (stage.work / path).open("wb") as stream:
        stream.truncate(int(size) << 20)


def _plugin(stage: Stage, name: str, *words: str) -> None:
    """`plugin NAME [at PATH] FAULT...`: a plugin of plugin_scripts.py, installed or at PATH."""
    path = stage.work / "config" / "plugins" / name / f"notation-{name}"
    if words[:1] == ("at",):
        path, words = stage.work / words[1], words[2:]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(plugin_script(name, words))
    path.chmod(0o755)


def _attach(stage: Stage, place: str, chain: str, *words: str) -> None:
    """`attach PLACE CHAIN WORDS`: a signature by the chain that no program would make; see ODD_SIGNATURES.

    `by:CHAIN` is whose time stamp it has, if it has one.
    """
    oddities = frozenset(word for word in words if ":" not in word)
    assert oddities <= ODD_SIGNATURES, f"no such oddity: {oddities - ODD_SIGNATURES}"
    clock = next((stage.chains[word[3:]].chain for word in words if ":" in word), tsa.authority())
    made = odd_signature(stage.described(place), stage.chains[chain].chain, oddities, clock)
    host = place.partition("/")[0]
    stage.put(f"{host}/x" if host in stage.registries else place.partition(":")[0], made)


PROPS: dict[str, Callable[..., None]] = {
    "registry": _registry,
    "image": _image,
    "index": _index,
    "chain": _chain,
    "publish": _publish,
    "tsa": _tsa,
    "page": _page,
    "archive": _archive,
    "sparse": _sparse,
    "plugin": _plugin,
    "attach": _attach,
}
"""What sets up each kind of line."""
