"""What the configuration says of deliveries arrives where it counts."""

from mailsockd.bounds import delivery_limits
from mailsockd.config import Config, parse
from mailsockd.delivery.queue_limits import DeliveryLimits


def test_the_defaults_are_those_of_the_queue() -> None:
    """Without a file the queue has the bounds that it has by itself."""
    assert delivery_limits(Config()) == DeliveryLimits()


def test_every_setting_is_a_bound() -> None:
    """Each setting of the section has its own place among the bounds."""
    text = """
    delivery:
      retry_for: 1
      concurrency: 2
      concurrency_per_account: 3
      concurrency_per_target: 4
      attempt_timeout: 5
      keep: 6
      waiting_per_account: 7
      finished_per_account: 8
    """
    assert delivery_limits(parse(text, "f.yaml")) == DeliveryLimits(1, 2, 3, 4, 5, 6, 7, 8)
