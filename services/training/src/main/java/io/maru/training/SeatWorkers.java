package io.maru.training;

import io.maru.platform.work.Worker;
import java.util.List;

/** Holds the workers that take the seats of this replica, one each. */
record SeatWorkers(List<Worker> all) {}
