package io.maru.platform.error;

import com.google.protobuf.Any;
import com.google.rpc.BadRequest;
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
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.StringJoiner;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/**
 * Turns what a method throws into a gRPC status. A {@link Refusal} keeps its sentence and gets
 * {@code google.rpc.ErrorInfo} with the reason and the domain {@code maru.<service>}, and {@code google.rpc.BadRequest} with
 * its violations; anything else is logged here and leaves as INTERNAL without a word about its inside.
 */
@ApplicationScoped
public class GrpcErrors implements ExceptionHandlerProvider {
    private static final Logger log = Logger.getLogger(GrpcErrors.class);

    /**
     * Bytes of a refusal's violations, as text. They travel in headers, twice as text and once as fields, and peers accept
     * 8 KiB of headers.
     */
    static final int MAX_VIOLATION_BYTES = 1_200;

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
            return status(domain, refusal);
        }
        if (failure instanceof StatusRuntimeException status) {
            return status;
        }
        if (failure instanceof StatusException status) {
            return new StatusRuntimeException(status.getStatus(), status.getTrailers());
        }
        if (Faults.isDatabaseDown(failure)) {
            log.warnf(failure, "the database is out of reach");
            return status(domain, CommonReason.DATABASE_UNAVAILABLE.because("the service's database is out of reach"));
        }
        if (Faults.isDiskFull(failure)) {
            log.warnf(failure, "the disk is full");
            return status(domain, CommonReason.DISK_FULL.because("the service's disk is full"));
        }
        log.errorf(failure, "a call failed");
        return new StatusRuntimeException(Status.INTERNAL.withDescription("internal error; the service's log has it"));
    }

    private static StatusRuntimeException status(String domain, Refusal refusal) {
        String reasonDomain = refusal.reason() instanceof ForeignReason foreign ? foreign.domain() : domain;
        com.google.rpc.Status.Builder status = com.google.rpc.Status.newBuilder()
                .setCode(code(refusal.reason().kind()).value())
                .addDetails(Any.pack(ErrorInfo.newBuilder()
                        .setDomain(reasonDomain)
                        .setReason(refusal.reason().name())
                        .build()));
        List<Violation> violations = refusal.violations();
        if (violations.isEmpty()) {
            return StatusProto.toStatusRuntimeException(
                    status.setMessage(refusal.getMessage()).build());
        }
        BadRequest.Builder request = BadRequest.newBuilder();
        StringJoiner message = new StringJoiner("\n");
        int left = MAX_VIOLATION_BYTES;
        for (Violation violation : violations) {
            String line = violation.toString();
            left -= line.getBytes(StandardCharsets.UTF_8).length;
            if (left < 0) {
                message.add("and " + (violations.size() - request.getFieldViolationsCount()) + " more");
                break;
            }
            request.addFieldViolationsBuilder().setField(violation.path()).setDescription(violation.text());
            message.add(line);
        }
        return StatusProto.toStatusRuntimeException(status.setMessage(message.toString())
                .addDetails(Any.pack(request.build()))
                .build());
    }

    private static Status.Code code(Kind kind) {
        // No default branch: a new kind must not compile until somebody has decided its status.
        return switch (kind) {
            case INVALID -> Status.Code.INVALID_ARGUMENT;
            case NOT_FOUND -> Status.Code.NOT_FOUND;
            case DENIED -> Status.Code.PERMISSION_DENIED;
            case ALREADY_EXISTS -> Status.Code.ALREADY_EXISTS;
            case NOT_NOW -> Status.Code.FAILED_PRECONDITION;
            case EXHAUSTED -> Status.Code.RESOURCE_EXHAUSTED;
            case CORRUPT -> Status.Code.DATA_LOSS;
            case UNAVAILABLE -> Status.Code.UNAVAILABLE;
            case CANCELLED -> Status.Code.CANCELLED;
        };
    }
}
