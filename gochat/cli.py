"""The `gochat` command."""

from __future__ import annotations

import argparse
import ipaddress
import logging
import os
import signal
import ssl
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gochat import __version__

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8080
DEFAULT_LOGIC_PORT = 8090
DEFAULT_DATA_DIR = Path("gochat-data")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code: 0 done, 1 failed, 2 cannot run."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    options = _parser(words[0] if words else "").parse_args(words)
    result: int = options.run(options)
    return result


def _parser(command: str) -> argparse.ArgumentParser:
    """Return the parser; the kit and the benchmark are loaded for their own commands alone: serving needs neither."""
    parser = argparse.ArgumentParser(
        prog="gochat",
        description="A chat server built from its contracts. Settings are GOCHAT_* variables, see README.",
    )
    parser.add_argument("--version", action="version", version=f"gochat {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    serve = commands.add_parser("serve", help="run the server", description="Run the server until SIGTERM or Ctrl-C.")
    serve.add_argument("--host", default=DEFAULT_HOST, help="address to listen on (default: %(default)s)")
    serve.add_argument("--port", type=_port, default=DEFAULT_PORT, help="port, 0 for a free one (default: %(default)s)")
    _add_data_dir(serve)
    serve.add_argument("--tls-cert", type=Path, metavar="FILE", help="certificate chain (PEM): serve https and wss")
    serve.add_argument("--tls-key", type=Path, metavar="FILE", help="private key of --tls-cert (PEM)")
    serve.set_defaults(run=_serve)

    logic = commands.add_parser(
        "logic",
        help="run im-logic, for several gateways",
        description="Post messages for gateways (gRPC, specs/logic.proto) until SIGTERM or Ctrl-C. It listens in plain "
        "text and believes who calls: keep it in a network of your own.",
    )
    logic.add_argument("--host", default=DEFAULT_HOST, help="address to listen on (default: %(default)s)")
    logic.add_argument(
        "--port", type=_port, default=DEFAULT_LOGIC_PORT, help="port, 0 for a free one (default: %(default)s)"
    )
    logic.add_argument(
        "--metrics-port",
        type=_port,
        metavar="PORT",
        help="show figures for Prometheus over HTTP at /metrics there, 0 for a free one (default: nowhere)",
    )
    _add_data_dir(logic)
    logic.set_defaults(run=_logic)

    migrate = commands.add_parser(
        "migrate", help="bring the database up to date", description="Apply the migrations that are missing."
    )
    _add_data_dir(migrate)
    migrate.set_defaults(run=_migrate)

    generate = commands.add_parser(
        "generate",
        help="write generated/ from specs/",
        description="Write generated/ from specs/; needs a source checkout.",
    )
    generate.add_argument("--check", action="store_true", help="write nothing; fail when generated/ is out of date")
    generate.set_defaults(run=_generate)

    conform = commands.add_parser("conform", help="hold a server to its contracts")
    if command == "conform":
        from conformance import cli as kit

        kit.add_arguments(conform)
        conform.set_defaults(run=kit.run)

    diff = commands.add_parser("diff", help="compare two versions of the contracts")
    if command == "diff":
        from conformance.diff import command as diff_command

        diff_command.add_arguments(diff)
        diff.set_defaults(run=diff_command.run)

    bench = commands.add_parser("bench", help="measure the server beside a bare relay")
    if command == "bench":
        from gochat.bench import command as bench_command

        bench_command.add_arguments(bench)
        bench.set_defaults(run=bench_command.run)
    return parser


def _add_data_dir(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data-dir",
        type=Path,
        default=DEFAULT_DATA_DIR,
        metavar="DIR",
        help="where the database and the JWT secret are kept (default: ./%(default)s)",
    )


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError("it must be from 0 to 65535")
    return port


def _fail(message: object) -> int:
    print(f"gochat: {message}", file=sys.stderr)
    return 2


def _load_config(options: argparse.Namespace, *, is_gateway: bool = True) -> Any:
    from gochat import config

    for name in config.unknown_names(os.environ):
        print(f"gochat: warning: {name} is no setting of GoChat", file=sys.stderr)
    return config.load(options.data_dir, is_gateway=is_gateway)


def _serve(options: argparse.Namespace) -> int:
    # connexion imports starlette's test client, which warns about its own HTTP client; neither is used here.
    warnings.filterwarnings("ignore", message=".*starlette.testclient.*")
    import gochat.patch  # noqa: F401, I001  (first, before anything that holds a lock or a socket)

    import gevent

    from gochat.asset import AssetMissing
    from gochat.binding import BindingError
    from gochat.bus import BusUnusable
    from gochat.server import Server
    from gochat.settings import SettingError
    from models.store import StoreUnusable

    try:
        config = _load_config(options)
        tls = _tls_context(options)
    except SettingError as error:
        return _fail(error)
    _begin_log(config)
    try:
        server = Server(config, options.host, options.port, tls)
        gevent.signal_handler(signal.SIGTERM, server.stop)
        gevent.signal_handler(signal.SIGINT, server.stop)
        server.start()
    except (AssetMissing, BindingError, BusUnusable, StoreUnusable) as error:
        return _fail(error)
    except OSError as error:
        return _fail_to_listen(options.host, options.port, error)
    if tls is None and not config.require_tls and not _is_loopback(options.host):
        print(
            f"gochat: warning: {options.host} is reachable from other machines and serves plain text; "
            "use --tls-cert/--tls-key, or a TLS proxy with GOCHAT_REQUIRE_TLS=1",
            file=sys.stderr,
        )
    host = f"[{options.host}]" if ":" in options.host else options.host
    print(f"gochat: listening on {'http' if tls is None else 'https'}://{host}:{server.port}", flush=True)
    server.wait()
    server.drain()
    return 0


def _logic(options: argparse.Namespace) -> int:
    import gochat.patch  # noqa: F401, I001  (first, before anything that holds a lock or a socket)

    import gevent

    from gochat.logic.metrics_page import MetricsPage
    from gochat.logic.server import LogicServer
    from gochat.settings import SettingError
    from models.store import StoreUnusable

    try:
        config = _load_config(options, is_gateway=False)
        if not config.is_scaled:
            raise SettingError("`gochat logic` needs GOCHAT_DATABASE_URL=postgresql://… and GOCHAT_BUS_URL=kafka://…")
        _begin_log(config)
        server = LogicServer(config, options.host, options.port)
        gevent.signal_handler(signal.SIGTERM, server.stop)
        gevent.signal_handler(signal.SIGINT, server.stop)
        server.start()
    except (SettingError, StoreUnusable) as error:
        return _fail(error)
    except OSError as error:
        return _fail_to_listen(options.host, options.port, error)
    host = f"[{options.host}]" if ":" in options.host else options.host
    page = None
    if options.metrics_port is not None:
        page = MetricsPage(options.host, options.metrics_port)
        try:
            page.start()
        except OSError as error:
            server.drain()
            return _fail_to_listen(options.host, options.metrics_port, error)
        print(f"gochat: metrics on http://{host}:{page.port}/metrics", flush=True)
    print(f"gochat: logic listening on grpc://{host}:{server.port}", flush=True)
    server.wait()
    server.drain()
    if page is not None:
        page.stop()
    return 0


def _begin_log(config: Any) -> None:
    logging.basicConfig(
        level=config.log_level, format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr
    )
    for chatty in ("connexion", "peewee"):  # a line for each request without a token, one for each migration
        logging.getLogger(chatty).setLevel(max(logging.WARNING, logging.getLogger().level))


def _fail_to_listen(host: str, port: int, error: OSError) -> int:
    number = error.errno or 0
    reason = os.strerror(number) if number > 0 else "no such host"  # getaddrinfo's numbers are below 0
    return _fail(f"cannot listen on {host}:{port}: {reason}")


def _tls_context(options: argparse.Namespace) -> ssl.SSLContext | None:
    from gochat.settings import SettingError

    if (options.tls_cert is None) != (options.tls_key is None):
        raise SettingError("--tls-cert and --tls-key go together")
    if options.tls_cert is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(options.tls_cert, options.tls_key)
    except (OSError, ssl.SSLError) as error:
        raise SettingError(f"--tls-cert {options.tls_cert}, --tls-key {options.tls_key}: {error}") from error
    return context


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _migrate(options: argparse.Namespace) -> int:
    from gochat.settings import SettingError
    from models.store import StoreUnusable, open_store

    try:
        store = open_store(_load_config(options, is_gateway=False).database)
        applied = store.migrate()
        store.close()
    except (SettingError, StoreUnusable) as error:
        return _fail(error)
    print("\n".join(f"applied {name}" for name in applied) or "nothing to do")
    return 0


def _generate(options: argparse.Namespace) -> int:
    from gochat.codegen import command

    return command.run(check=options.check)
