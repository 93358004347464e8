package io.maru.control.neighbour;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.ErrorInfo;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.AbstractBlockingStub;
import io.maru.control.domain.Failure;
import io.maru.control.domain.Report;
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

    Report ask(Function<S, Report> call) {
        try {
            return call.apply(stub.withDeadlineAfter(deadline.toMillis(), TimeUnit.MILLISECONDS));
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
        Optional<ErrorInfo> info = info(error);
        String sentence =
                Optional.ofNullable(error.getStatus().getDescription()).orElse("no description");
        Failure failure = info.map(known -> new Failure(known.getDomain(), known.getReason(), sentence))
                .orElseGet(() -> new Failure(domain, code.name(), sentence));
        if (code == Status.Code.UNAVAILABLE || code == Status.Code.DEADLINE_EXCEEDED) {
            connectSoon();
            return new Report.NoAnswer(failure, Report.NoAnswer.ENDLESS);
        }
        return info.isPresent() ? new Report.Failed(failure) : new Report.NoAnswer(failure, PATIENCE_WITH_FAULTS);
    }

    /** Left alone, gRPC waits up to two minutes before it tries a lost connection again. */
    private void connectSoon() {
        if (stub.getChannel() instanceof ManagedChannel channel) {
            channel.resetConnectBackoff();
        }
    }

    private static Optional<ErrorInfo> info(StatusRuntimeException error) {
        com.google.rpc.Status status = StatusProto.fromThrowable(error);
        if (status == null) {
            return Optional.empty();
        }
        return status.getDetailsList().stream()
                .filter(detail -> detail.is(ErrorInfo.class))
                .findFirst()
                .map(detail -> {
                    try {
                        return detail.unpack(ErrorInfo.class);
                    } catch (InvalidProtocolBufferException e) {
                        throw new IllegalStateException("an ErrorInfo that is none", e);
                    }
                });
    }
}
