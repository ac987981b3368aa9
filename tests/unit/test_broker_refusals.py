"""What mosquitto's log says about strangers. Lines as version 2.0.11 writes them."""

from controller.broker.refusals import HandshakeWatch, Refusal, RefusedHandshake

VERIFY_FAILED = "OpenSSL Error[0]: error:0A000086:SSL routines::certificate verify failed"
NO_CERTIFICATE = "OpenSSL Error[0]: error:0A0000C7:SSL routines::peer did not return a certificate"
GONE = "Client <unknown> disconnected: Protocol error."


def read(*lines: str) -> list[RefusedHandshake]:
    watch = HandshakeWatch()
    return [found for line in lines if (found := watch.read(line))]


def test_a_foreign_certificate_is_told_with_its_address() -> None:
    found = read("New connection from 10.0.0.7:34013 on port 8883.", VERIFY_FAILED, GONE)

    assert found == [RefusedHandshake(Refusal.FOREIGN, "10.0.0.7")]


def test_no_certificate_is_told_apart() -> None:
    found = read("New connection from 10.0.0.7:34013 on port 8883.", NO_CERTIFICATE, GONE)

    assert found == [RefusedHandshake(Refusal.NO_CERTIFICATE, "10.0.0.7")]


def test_a_terminal_that_came_in_is_not_blamed() -> None:
    found = read(
        "New connection from 10.0.0.1:1 on port 8883.",
        "New client connected from 10.0.0.1:1 as hall-1 (p2, c1, k60, u'hall-1').",
        "New connection from 10.0.0.7:2 on port 8883.",
        VERIFY_FAILED,
        GONE,
    )

    assert [one.address for one in found] == ["10.0.0.7"]


def test_where_two_knock_at_once_no_address_is_guessed() -> None:
    found = read(
        "New connection from 10.0.0.1:1 on port 8883.",
        "New connection from 10.0.0.7:2 on port 8883.",
        VERIFY_FAILED,
    )

    assert [one.address for one in found] == [""]


def test_a_terminals_end_and_plain_http_are_no_refusals() -> None:
    found = read(
        "Client hall-1 disconnected.",
        "Client connection from 10.0.0.9 failed: error:0A00009C:SSL routines::http request.",
        "Reloading config.",
        "",
    )

    assert found == []


def test_a_flood_of_silent_connections_is_forgotten_in_time() -> None:
    watch = HandshakeWatch()
    for port in range(10_000):
        watch.read(f"New connection from 10.0.0.1:{port} on port 8883.")

    assert len(watch._knocking) <= 256
