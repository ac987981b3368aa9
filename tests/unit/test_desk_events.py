"""Events are hints: nobody waits for a slow listener, and a slow listener knows that it was slow."""

from controller.services.events import EventBus, Overflowed, TerminalChanged


async def test_every_listener_hears_every_event() -> None:
    bus = EventBus()
    async with bus.subscribe() as one, bus.subscribe() as two:
        bus.publish(TerminalChanged("hall-1"))

        assert await anext(one) == await anext(two) == TerminalChanged("hall-1")


async def test_a_slow_listener_is_told_that_it_lost_events() -> None:
    bus = EventBus()
    async with bus.subscribe(limit=2) as events:
        for number in range(5):
            bus.publish(TerminalChanged(str(number)))

        assert await anext(events) == Overflowed()
        assert await anext(events) == TerminalChanged("4")


async def test_nothing_is_kept_for_who_has_left() -> None:
    bus = EventBus()
    async with bus.subscribe() as left:
        pass

    bus.publish(TerminalChanged("hall-1"))

    assert left.waiting == 0
