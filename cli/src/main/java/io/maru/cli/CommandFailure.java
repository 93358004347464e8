package io.maru.cli;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.ErrorInfo;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;

/** Why a command ends without success: one line for people, an exit code for programs. */
public final class CommandFailure extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** The run ended, but not well; or something broke inside. */
    public static final int FAILED = 1;
    /** The command line, the recipe or the text is wrong. */
    public static final int BAD_INPUT = 2;
    /** The stack does not run, or does not answer. */
    public static final int UNAVAILABLE = 3;

    public static final int NOT_FOUND = 4;

    private final int exitCode;
    private final String reason;

    public CommandFailure(int exitCode, String reason, String message) {
        super(message);
        this.exitCode = exitCode;
        this.reason = reason;
    }

    public static CommandFailure badInput(String message) {
        return new CommandFailure(BAD_INPUT, "BAD_INPUT", message);
    }

    public static CommandFailure unavailable(String message) {
        return new CommandFailure(UNAVAILABLE, "UNAVAILABLE", message);
    }

    public static CommandFailure failed(String reason, String message) {
        return new CommandFailure(FAILED, reason, message);
    }

    /** What a service answered, with the reason that it gave. */
    public static CommandFailure of(StatusRuntimeException failure) {
        Status status = failure.getStatus();
        String message = status.getDescription() == null ? status.getCode().name() : status.getDescription();
        return switch (status.getCode()) {
            case UNAVAILABLE, DEADLINE_EXCEEDED ->
                unavailable(message + " (expected: a running stack; ./maru up starts it, ./maru status shows it)");
            case NOT_FOUND -> new CommandFailure(NOT_FOUND, reason(failure), message);
            case INVALID_ARGUMENT, ALREADY_EXISTS, FAILED_PRECONDITION, RESOURCE_EXHAUSTED ->
                new CommandFailure(BAD_INPUT, reason(failure), message);
            default -> new CommandFailure(FAILED, reason(failure), message);
        };
    }

    private static String reason(StatusRuntimeException failure) {
        com.google.rpc.Status status = StatusProto.fromThrowable(failure);
        if (status != null) {
            for (Any detail : status.getDetailsList()) {
                if (detail.is(ErrorInfo.class)) {
                    try {
                        return detail.unpack(ErrorInfo.class).getReason();
                    } catch (InvalidProtocolBufferException e) {
                        // The status code alone is still true.
                        return failure.getStatus().getCode().name();
                    }
                }
            }
        }
        return failure.getStatus().getCode().name();
    }

    public int exitCode() {
        return exitCode;
    }

    public String reason() {
        return reason;
    }
}
