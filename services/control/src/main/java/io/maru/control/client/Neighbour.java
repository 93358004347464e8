package io.maru.control.client;

import com.google.rpc.ErrorInfo;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.AbstractBlockingStub;
import io.maru.control.domain.Failure;
import io.maru.control.domain.Report;
import io.maru.platform.error.GrpcFaults;
import io.maru.platform.grpc.Channels;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * A service, as control asks it: each call with a deadline, and each refusal or silence as a report.
 *
 * @param domain under which the service refuses, as in {@code maru.training}
 * @param deadline of each call
 * @param <S> the service's stub
 */
record Neighbour<S extends AbstractBlockingStub<S>>(String domain, S stub, Duration deadline) {
    /**
     * A status that no service of Maru chose (INTERNAL, a stream that broke) may be a hiccup or a fault that stays: so many
     * in a row make it one that stays.
     */
    private static final int PATIENCE_WITH_FAULTS = 5;

    /** The stub for one call. */
    S service() {
        return stub.withDeadlineAfter(deadline.toMillis(), TimeUnit.MILLISECONDS);
    }

    Report ask(Function<S, Report> call) {
        try {
            return call.apply(service());
        } catch (StatusRuntimeException e) {
            if (Thread.currentThread().isInterrupted()) {
                // Not the service's doing: this service stops.
                throw e;
            }
            return report(e);
        }
    }

    private Report report(StatusRuntimeException error) {
        Status.Code code = error.getStatus().getCode();
        Optional<ErrorInfo> info = GrpcFaults.info(error);
        String sentence =
                Optional.ofNullable(error.getStatus().getDescription()).orElse("no description");
        Failure failure = info.map(known -> new Failure(known.getDomain(), known.getReason(), sentence))
                .orElseGet(() -> new Failure(domain, code.name(), sentence));
        if (isAway(error)) {
            connectSoon();
            return new Report.NoAnswer(failure, Report.NoAnswer.ENDLESS);
        }
        return info.isPresent() ? new Report.Failed(failure) : new Report.NoAnswer(failure, PATIENCE_WITH_FAULTS);
    }

    /** Whether the service, or something that it needs, is down. */
    static boolean isAway(StatusRuntimeException error) {
        Status.Code code = error.getStatus().getCode();
        return code == Status.Code.UNAVAILABLE || code == Status.Code.DEADLINE_EXCEEDED;
    }

    /** A service that is away may be back already. */
    void connectSoon() {
        Channels.wake(stub.getChannel());
    }
}
