"""Log records become events: message and exception together, and never a circle."""

import logging
import sys
import tacho

from .fake_agent import AgentCase


class Handler(AgentCase):
    def setUp(self) -> None:
        super().setUp()
        self.session = self.connect()
        self.handler = tacho.TachoHandler(self.session)
        self.logger = logging.getLogger("shop.cart")
        self.logger.propagate = False
        self.logger.setLevel(logging.DEBUG)
        self.logger.addHandler(self.handler)
        self.addCleanup(self.logger.removeHandler, self.handler)

    def events(self) -> "list[dict[str, object]]":
        self.assertTrue(self.session.flush(30))
        return self.agent.of_kind("event")

    def test_a_record_is_an_event_of_its_logger(self) -> None:
        self.logger.warning("%d items", 3)
        (event,) = self.events()
        data = event.pop("data")
        assert isinstance(data, dict)
        self.assertEqual(data["logger"], "shop.cart")
        self.assertEqual(data["level_name"], "WARNING")
        self.assertEqual(data["pathname"], __file__)
        self.assertEqual(data["funcName"], "test_a_record_is_an_event_of_its_logger")
        self.assertEqual(sorted(data), ["funcName", "level_name", "lineno", "logger", "module", "pathname"])
        for name in ("kind", "session", "at"):
            event.pop(name)
        self.assertEqual(
            event,
            {"name": "log.shop.cart", "level": "warning", "category": "warning",
             "group": "shop.cart", "message": "3 items",
             "labels": ["warning", "shop.cart", "test_a_record_is_an_event_of_its_logger"]},
        )  # fmt: skip

    def test_every_level_has_its_own(self) -> None:
        for number in (5, 10, 20, 25, 30, 40, 50, 90):
            self.logger.log(number or 1, "m")
        self.logger.setLevel(1)
        self.logger.log(5, "m")
        levels = [event["level"] for event in self.events()]
        expected = ["debug", "info", "info", "warning", "error", "critical", "critical", "debug"]
        self.assertEqual(levels, expected)

    def test_message_and_exception_stay_together(self) -> None:
        try:
            raise KeyError("k")
        except KeyError:
            self.logger.exception("cannot do %s", "it")
        (event,) = self.events()
        self.assertEqual(event["message"], "cannot do it")
        self.assertEqual(event["exception_type"], "KeyError")
        self.assertEqual(event["exception_msg"], "'k'")
        self.assertIn("KeyError: 'k'", event["stacktrace"])  # type: ignore[arg-type]
        self.handler.include_exceptions = False
        try:
            raise KeyError("k")
        except KeyError:
            self.logger.exception("again")
        self.assertNotIn("exception_type", self.events()[1])

    def test_a_formatter_shapes_the_message_without_the_stack_trace(self) -> None:
        self.handler.setFormatter(logging.Formatter("[%(name)s] %(message)s"))
        try:
            raise KeyError("k")
        except KeyError:
            self.logger.exception("odd")
        self.assertEqual(self.events()[0]["message"], "[shop.cart] odd")

    def test_logging_inside_of_logging_is_no_circle(self) -> None:
        logger = self.logger

        class Chatty:
            def __str__(self) -> str:
                logger.info("from inside")
                return "chatty"

        self.logger.info("%s", Chatty())
        self.logger.info("after")
        self.assertEqual([event["message"] for event in self.events()], ["chatty", "after"])

    def test_what_the_package_logs_itself_is_left_alone(self) -> None:
        own = logging.getLogger("tacho")
        own.addHandler(self.handler)
        self.addCleanup(own.removeHandler, self.handler)
        own.error("about itself")
        self.assertEqual(self.events(), [])

    def test_a_record_that_cannot_be_formatted_goes_to_handle_error(self) -> None:
        raised = logging.raiseExceptions
        logging.raiseExceptions = False
        try:
            self.logger.info("%d", "no number")
        finally:
            logging.raiseExceptions = raised
        self.logger.info("after")
        self.assertEqual([event["message"] for event in self.events()], ["after"])

    def test_without_a_session_it_records_into_the_default_one(self) -> None:
        handler = tacho.DatacatHandler()
        self.logger.addHandler(handler)
        self.logger.removeHandler(self.handler)
        self.addCleanup(self.logger.removeHandler, handler)
        self.logger.info("m")
        self.assertEqual(len(self.events()), 1)
        self.assertNotIn("requests", sys.modules)
