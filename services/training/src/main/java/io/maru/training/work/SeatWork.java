package io.maru.training.work;

import io.maru.platform.error.Refusal;
import io.maru.platform.work.Claim;
import io.maru.platform.work.Worker;
import io.maru.training.app.HeldSeat;
import io.maru.training.app.Seat;
import io.maru.training.app.TrainerLostException;
import io.maru.training.domain.TrainingReason;
import java.io.IOException;
import java.util.Optional;
import java.util.function.Function;

/**
 * Follows the leader of an attempt from the seat of a claim. A seat is taken once; an attempt that fails is followed by one
 * with new seats.
 */
public final class SeatWork implements Worker.Work {
    private static final System.Logger log = System.getLogger(SeatWork.class.getName());

    private final Function<Claim, HeldSeat> seats;
    private final Following following;

    /** Does what is to be done in a seat. */
    @FunctionalInterface
    public interface Following {
        void follow(Seat seat) throws IOException, InterruptedException;
    }

    /** @param seats the seat under a claim */
    public SeatWork(Function<Claim, HeldSeat> seats, Following following) {
        this.seats = seats;
        this.following = following;
    }

    @Override
    public void perform(Claim claim) throws IOException, InterruptedException {
        HeldSeat held = seats.apply(claim);
        Optional<Seat> seat = held.seat();
        if (seat.isPresent()) {
            try {
                following.follow(seat.get());
            } catch (TrainerLostException e) {
                if (Thread.interrupted()) {
                    throw new InterruptedException(claim.name() + ": " + e.getMessage());
                }
                log.log(System.Logger.Level.WARNING, "{0} is left: {1}", claim.name(), e.getMessage());
            } catch (Refusal e) {
                if (e.reason() != TrainingReason.WORKERS_MISSING) {
                    throw e;
                }
                log.log(System.Logger.Level.INFO, "{0} is left: {1}", claim.name(), e.getMessage());
            }
        }
        held.leave();
    }

    /** The leader sees that nobody is there. */
    @Override
    public void fail(Claim claim, String reason, String message) {
        seats.apply(claim).leave();
    }
}
