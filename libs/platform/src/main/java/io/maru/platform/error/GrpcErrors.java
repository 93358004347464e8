package io.maru.platform.error;

import com.google.protobuf.Any;
import com.google.rpc.ErrorInfo;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.quarkus.grpc.ExceptionHandler;
import io.quarkus.grpc.ExceptionHandlerProvider;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.sql.SQLException;
import java.sql.SQLTransientException;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/**
 * Turns what a method throws into a gRPC status. A {@link Refusal} keeps its sentence and gets
 * {@code google.rpc.ErrorInfo} with the reason and the domain {@code maru.<service>}; anything else is logged here and
 * leaves as INTERNAL without a word about its inside.
 */
@ApplicationScoped
public class GrpcErrors implements ExceptionHandlerProvider {
    private static final Logger log = Logger.getLogger(GrpcErrors.class);

    private final String domain;

    public GrpcErrors(@ConfigProperty(name = "quarkus.application.name") String application) {
        this.domain = domain(application);
    }

    /** {@code maru-training} speaks as {@code maru.training}. */
    public static String domain(String application) {
        return application.replace('-', '.');
    }

    @Override
    public <ReqT, RespT> ExceptionHandler<ReqT, RespT> createHandler(
            ServerCall.Listener<ReqT> listener, ServerCall<ReqT, RespT> call, Metadata metadata) {
        return new ExceptionHandler<>(listener, call, metadata) {
            @Override
            protected void handleException(Throwable exception, ServerCall<ReqT, RespT> serverCall, Metadata trailers) {
                StatusRuntimeException error = (StatusRuntimeException) transform(exception);
                serverCall.close(error.getStatus(), error.getTrailers() == null ? trailers : error.getTrailers());
            }
        };
    }

    @Override
    public Throwable transform(Throwable failure) {
        return toStatus(domain, failure);
    }

    /** The status under which {@code failure} leaves the service that calls itself {@code domain}. */
    public static StatusRuntimeException toStatus(String domain, Throwable failure) {
        if (failure instanceof Refusal refusal) {
            return status(domain, refusal.reason(), refusal.getMessage());
        }
        if (failure instanceof StatusRuntimeException status) {
            return status;
        }
        if (failure instanceof StatusException status) {
            return new StatusRuntimeException(status.getStatus(), status.getTrailers());
        }
        if (isDatabaseDown(failure)) {
            log.warnf(failure, "the database is out of reach");
            return status(domain, CommonReason.DATABASE_UNAVAILABLE, "the service's database is out of reach");
        }
        if (isDiskFull(failure)) {
            log.warnf(failure, "the disk is full");
            return status(domain, CommonReason.DISK_FULL, "the service's disk is full");
        }
        log.errorf(failure, "a call failed");
        return new StatusRuntimeException(Status.INTERNAL.withDescription("internal error; the service's log has it"));
    }

    private static boolean isDatabaseDown(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLTransientException) {
                return true;
            }
            // PostgreSQL, appendix A: 08 is connection failure, 53 a server without disk, memory or connections to
            // spare,
            // 57P0 one that shuts down.
            if (hasState(cause, "08") || hasState(cause, "53") || hasState(cause, "57P0")) {
                return true;
            }
        }
        return false;
    }

    /** Whether a file could not be written for want of room. Java tells no other way than in these words of Linux. */
    public static boolean isDiskFull(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof IOException
                    && cause.getMessage() != null
                    && (cause.getMessage().contains("No space left on device")
                            || cause.getMessage().contains("Disk quota exceeded"))) {
                return true;
            }
        }
        return false;
    }

    private static boolean hasState(Throwable failure, String prefix) {
        return failure instanceof SQLException sql
                && sql.getSQLState() != null
                && sql.getSQLState().startsWith(prefix);
    }

    /** Whether the same call may go through later: a database, store or service that is down, a full disk, or a deadlock. */
    public static boolean isTransient(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof Refusal refusal && refusal.reason().kind() == Kind.UNAVAILABLE) {
                return true;
            }
            if (cause instanceof StatusRuntimeException status
                    && (status.getStatus().getCode() == Status.Code.UNAVAILABLE
                            || status.getStatus().getCode() == Status.Code.DEADLINE_EXCEEDED)) {
                return true;
            }
            // Class 40: the transaction was rolled back for the sake of another.
            if (hasState(cause, "40")) {
                return true;
            }
        }
        return isDatabaseDown(failure) || isDiskFull(failure);
    }

    private static StatusRuntimeException status(String domain, Reason reason, String message) {
        com.google.rpc.Status status = com.google.rpc.Status.newBuilder()
                .setCode(code(reason.kind()).value())
                .setMessage(message)
                .addDetails(Any.pack(ErrorInfo.newBuilder()
                        .setDomain(domain)
                        .setReason(reason.name())
                        .build()))
                .build();
        return StatusProto.toStatusRuntimeException(status);
    }

    private static Status.Code code(Kind kind) {
        // No default branch: a new kind must not compile until somebody has decided its status.
        return switch (kind) {
            case INVALID -> Status.Code.INVALID_ARGUMENT;
            case NOT_FOUND -> Status.Code.NOT_FOUND;
            case ALREADY_EXISTS -> Status.Code.ALREADY_EXISTS;
            case NOT_NOW -> Status.Code.FAILED_PRECONDITION;
            case EXHAUSTED -> Status.Code.RESOURCE_EXHAUSTED;
            case CORRUPT -> Status.Code.DATA_LOSS;
            case UNAVAILABLE -> Status.Code.UNAVAILABLE;
            case CANCELLED -> Status.Code.CANCELLED;
        };
    }
}
