package io.maru.control.client;

import com.google.protobuf.Message;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.AbstractBlockingStub;
import io.maru.control.domain.Attempt;
import io.maru.control.domain.Failure;
import io.maru.control.domain.Report;
import io.maru.control.domain.StepKind;
import java.time.Duration;
import java.util.Map;

/**
 * A step that is a resource of its service: created once, asked for until its state is final, cancelled by name.
 *
 * @param <R> the resource's message
 * @param <M> the spec
 * @param <S> the service's stub
 */
abstract class ResourceStep<R, M extends Message, S extends AbstractBlockingStub<S>> extends ServiceStep<M, S> {
    private final String role;
    private final String collection;

    /**
     * @param role in which the step makes the resource
     * @param collection the part of the resource's name before its id, as in {@code corpora}
     */
    ResourceStep(StepKind kind, String role, String collection, M empty, String domain, S stub, Duration deadline) {
        super(kind, empty, domain, stub, deadline);
        this.role = role;
        this.collection = collection;
    }

    /** Gives the command; answers with the resource of an earlier one of the same request id. */
    abstract R create(S service, Attempt attempt, M spec);

    abstract R get(S service, String name);

    abstract R cancel(S service, String name);

    /** What the resource's state means. */
    abstract Report report(R resource);

    @Override
    public final Report advance(Attempt attempt) {
        String known = attempt.made().get(role);
        return neighbour()
                .ask(service -> report(known == null ? create(service, attempt, spec(attempt)) : get(service, known)));
    }

    @Override
    public final Report cancel(Attempt attempt) {
        String name = attempt.workspacePrefix() + collection + "/" + attempt.id();
        return neighbour().ask(service -> {
            try {
                return report(cancel(service, name));
            } catch (StatusRuntimeException e) {
                if (e.getStatus().getCode() == Status.Code.NOT_FOUND) {
                    return new Report.Cancelled(name + " was never begun");
                }
                throw e;
            }
        });
    }

    /** The resource's own account of its failure. */
    final Report failed(String reason, String message) {
        return new Report.Failed(new Failure(neighbour().domain(), reason, message));
    }

    final Report cancelled(String name) {
        return new Report.Cancelled(name + " was cancelled");
    }

    final Map<String, String> made(String name) {
        return Map.of(role, name);
    }

    /** For a state that this version does not know: the services are of different versions. */
    final IllegalStateException unknown(String name, Enum<?> state) {
        return new IllegalStateException(name + ": state " + state + " (expected: one that this version knows)");
    }
}
