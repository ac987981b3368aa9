"""The topic tree z/1/…: one function a topic, and the access list that follows from it.

Device topics name the device, whose id is the common name of its client certificate. A device subscribes
exact topics and its own `down/#` only; nothing depends on shared subscriptions, QoS 2 or MQTT 5.
"""

ROOT = "z/1"
CONTROLLER_STATE = f"{ROOT}/c/state"


def state(device: str) -> str:
    """Birth, readiness and last will of a device; retained."""
    return f"{ROOT}/d/{device}/state"


def info(device: str) -> str:
    """Hardware, software, screens, peripherals; retained, sent when it changes."""
    return f"{ROOT}/d/{device}/info"


def report(device: str) -> str:
    """What the device holds and shows: applied sequences, on-glass marks, faults; retained."""
    return f"{ROOT}/d/{device}/rep"


def telemetry(device: str) -> str:
    """Counters, unacknowledged and not retained."""
    return f"{ROOT}/d/{device}/tele"


def want(device: str) -> str:
    """What the device shall hold; retained."""
    return f"{ROOT}/d/{device}/want"


def job(device: str) -> str:
    """The next job of a device, signed; retained, empty when there is none."""
    return f"{ROOT}/d/{device}/job"


def job_report(device: str, job_id: str) -> str:
    """What became of a job."""
    return f"{ROOT}/d/{device}/job/{job_id}"


def up(device: str, kind: str) -> str:
    """An envelope from a device: hello, req, alarm, log."""
    return f"{ROOT}/d/{device}/up/{kind}"


def down_ack(device: str) -> str:
    """The controller's answers to envelopes, after its commit."""
    return f"{ROOT}/d/{device}/down/ack"


def down_message(device: str) -> str:
    """Answers to hello: policy, heads, pull hints."""
    return f"{ROOT}/d/{device}/down/msg"


def down_all(device: str) -> str:
    """The filter for everything the controller says to one device."""
    return f"{ROOT}/d/{device}/down/#"


def head(feed: str) -> str:
    """A feed's signed head; retained."""
    return f"{ROOT}/f/{feed}/head"


def log(feed: str) -> str:
    """A feed's new lines, inline up to 32 KiB."""
    return f"{ROOT}/f/{feed}/log"


def device_acl(device: str, feeds: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Return (access, topic filter) pairs of a device: all it may read and write."""
    writes = (
        *(state(device), info(device), report(device), telemetry(device)),
        *(job_report(device, "+"), up(device, "+")),
    )
    reads = (
        CONTROLLER_STATE,
        want(device),
        job(device),
        down_all(device),
        *(topic for feed in feeds for topic in (head(feed), log(feed))),
    )
    return (*(("write", topic) for topic in writes), *(("read", topic) for topic in reads))


def covers(allowed: str, asked: str) -> bool:
    """Say whether one filter lets through all that another asks for (a topic asks for itself)."""
    rule, want = allowed.split("/"), asked.split("/")
    for place, level in enumerate(rule):
        if level == "#":
            return True
        if place >= len(want) or want[place] == "#" or level not in {"+", want[place]}:
            return False
    return len(rule) == len(want)
