"""What leaves the system, where it goes, and what came of it.

An `Event` is written in the transaction of the change that it tells of. For each `Receiver` that may hear of it one
`Delivery` stands in the receiver's line, numbered; the line is worked off in that order, and each try is a
`DeliveryAttempt`.
"""

from outbox.models.deliveries import Delivery, DeliveryAttempt
from outbox.models.events import Event
from outbox.models.receivers import Receiver, Secret

__all__ = ["Delivery", "DeliveryAttempt", "Event", "Receiver", "Secret"]
