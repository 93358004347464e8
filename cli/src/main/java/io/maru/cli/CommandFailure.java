package io.maru.cli;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.Optional;

/** Why a command ends without success: a line for people, or one for each mistake, and an exit code for programs. */
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
    private final transient List<Mistake> mistakes;

    /**
     * One of several things that are wrong with what a service was given.
     *
     * @param path in the recipe, as in {@code steps[3].train.model.heads}
     */
    public record Mistake(String path, String message) {}

    public CommandFailure(int exitCode, String reason, String message) {
        this(exitCode, reason, message, List.of());
    }

    private CommandFailure(int exitCode, String reason, String message, List<Mistake> mistakes) {
        super(message);
        this.exitCode = exitCode;
        this.reason = reason;
        this.mistakes = List.copyOf(mistakes);
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
        String message = message(failure);
        return switch (status.getCode()) {
            case UNAVAILABLE, DEADLINE_EXCEEDED ->
                unavailable(message + " (expected: a running stack; ./maru up starts it, ./maru status shows it)");
            case NOT_FOUND -> new CommandFailure(NOT_FOUND, reason(failure), message);
            case INVALID_ARGUMENT, ALREADY_EXISTS, FAILED_PRECONDITION, RESOURCE_EXHAUSTED ->
                new CommandFailure(BAD_INPUT, reason(failure), message, mistakes(failure));
            default -> new CommandFailure(FAILED, reason(failure), message);
        };
    }

    /** A service's own words; for what the transport says of itself, such as {@code io exception}, words that tell more. */
    private static String message(StatusRuntimeException failure) {
        Status status = failure.getStatus();
        boolean own = detail(failure, ErrorInfo.class).isPresent();
        if (!own && status.getCode() == Status.Code.UNAVAILABLE) {
            return "a service does not answer";
        }
        if (!own && status.getCode() == Status.Code.DEADLINE_EXCEEDED) {
            return "a service does not answer in time";
        }
        return status.getDescription() == null
                ? "a service answers " + status.getCode() + " without a word more"
                : status.getDescription();
    }

    /** Why a file cannot be read or written, in words; Java's own message is often just the file's name. */
    public static String problem(IOException failure) {
        if (failure instanceof NoSuchFileException) {
            return "no such file (expected: one that is there)";
        }
        if (failure instanceof AccessDeniedException) {
            return "access denied (expected: a file or directory of yours)";
        }
        String why = failure instanceof FileSystemException file ? file.getReason() : failure.getMessage();
        return why == null ? "cannot be read or written" : PlainWords.of(why);
    }

    private static String reason(StatusRuntimeException failure) {
        return detail(failure, ErrorInfo.class)
                .map(ErrorInfo::getReason)
                .orElse(failure.getStatus().getCode().name());
    }

    private static List<Mistake> mistakes(StatusRuntimeException failure) {
        return detail(failure, BadRequest.class)
                .map(request -> request.getFieldViolationsList().stream()
                        .map(violation -> new Mistake(violation.getField(), violation.getDescription()))
                        .toList())
                .orElse(List.of());
    }

    private static <M extends Message> Optional<M> detail(StatusRuntimeException failure, Class<M> type) {
        com.google.rpc.Status status = StatusProto.fromThrowable(failure);
        if (status != null) {
            for (Any detail : status.getDetailsList()) {
                if (detail.is(type)) {
                    try {
                        return Optional.of(detail.unpack(type));
                    } catch (InvalidProtocolBufferException e) {
                        // The status alone is still true.
                        return Optional.empty();
                    }
                }
            }
        }
        return Optional.empty();
    }

    /** Everything that is wrong, where the service told it one by one; empty otherwise. */
    public List<Mistake> mistakes() {
        return mistakes;
    }

    public int exitCode() {
        return exitCode;
    }

    public String reason() {
        return reason;
    }
}
