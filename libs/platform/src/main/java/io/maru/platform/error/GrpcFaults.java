package io.maru.platform.error;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.util.List;
import java.util.Optional;

/** What a neighbour answered instead of a result, in the words that {@code app} knows. For the room {@code client}. */
public final class GrpcFaults {
    private GrpcFaults() {}

    /**
     * What to throw in place of {@code error}: a {@link Refusal} with a {@link ForeignReason} where the neighbour refused or
     * was out of reach; an {@link IllegalStateException} where it failed in itself (INTERNAL, a stream that broke).
     */
    public static RuntimeException toRefusal(StatusRuntimeException error) {
        Optional<Kind> kind = kind(error.getStatus().getCode());
        String message = Optional.ofNullable(error.getStatus().getDescription())
                .orElse(error.getStatus().getCode().name());
        if (kind.isEmpty()) {
            return new IllegalStateException("a neighbour failed: " + message, error);
        }
        Optional<ErrorInfo> info = info(error);
        Reason reason = new ForeignReason(
                info.map(ErrorInfo::getDomain).orElse(""),
                info.map(ErrorInfo::getReason)
                        .orElse(error.getStatus().getCode().name()),
                kind.get());
        return new Refusal(reason, message, violations(error), error);
    }

    /** What is wrong with the request, field by field; empty where the neighbour does not say so. */
    public static List<Violation> violations(StatusRuntimeException error) {
        return detail(error, BadRequest.class)
                .map(request -> request.getFieldViolationsList().stream()
                        .map(violation -> new Violation(violation.getField(), violation.getDescription()))
                        .toList())
                .orElse(List.of());
    }

    /** The neighbour's reason and domain, where it is one of Maru's services. */
    public static Optional<ErrorInfo> info(StatusRuntimeException error) {
        return detail(error, ErrorInfo.class);
    }

    private static <M extends Message> Optional<M> detail(StatusRuntimeException error, Class<M> type) {
        com.google.rpc.Status status = StatusProto.fromThrowable(error);
        if (status == null) {
            return Optional.empty();
        }
        for (Any detail : status.getDetailsList()) {
            if (detail.is(type)) {
                try {
                    return Optional.of(detail.unpack(type));
                } catch (InvalidProtocolBufferException e) {
                    throw new IllegalStateException("a detail that is none", e);
                }
            }
        }
        return Optional.empty();
    }

    private static Optional<Kind> kind(Status.Code code) {
        return switch (code) {
            case INVALID_ARGUMENT -> Optional.of(Kind.INVALID);
            case NOT_FOUND -> Optional.of(Kind.NOT_FOUND);
            case ALREADY_EXISTS -> Optional.of(Kind.ALREADY_EXISTS);
            case PERMISSION_DENIED -> Optional.of(Kind.DENIED);
            case FAILED_PRECONDITION -> Optional.of(Kind.NOT_NOW);
            case RESOURCE_EXHAUSTED -> Optional.of(Kind.EXHAUSTED);
            case DATA_LOSS -> Optional.of(Kind.CORRUPT);
            case UNAVAILABLE, DEADLINE_EXCEEDED -> Optional.of(Kind.UNAVAILABLE);
            case CANCELLED -> Optional.of(Kind.CANCELLED);
            case OK, UNKNOWN, INTERNAL, UNIMPLEMENTED, ABORTED, OUT_OF_RANGE, UNAUTHENTICATED -> Optional.empty();
        };
    }
}
