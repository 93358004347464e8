package io.maru.control.neighbour;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.AbstractBlockingStub;
import io.maru.control.app.StageWork;
import io.maru.control.domain.Failure;
import io.maru.control.domain.Recipe;
import io.maru.control.domain.Report;
import io.maru.control.domain.Result;
import io.maru.control.domain.Run;
import java.time.Duration;
import java.util.Map;

/**
 * A stage that is a resource of its service: created once, asked for until its state is final, cancelled by name.
 *
 * @param <R> the resource's message
 * @param <S> the service's stub
 */
abstract class ResourceStage<R, S extends AbstractBlockingStub<S>> implements StageWork {
    private final Result product;
    private final String collection;
    private final Neighbour<S> neighbour;

    /**
     * @param domain of the service, as in {@code maru.training}
     * @param product the result that holds the resource's name
     * @param collection the first part of that name, as in {@code corpora}
     * @param deadline of each call
     */
    ResourceStage(String domain, Result product, String collection, S stub, Duration deadline) {
        this.product = product;
        this.collection = collection;
        this.neighbour = new Neighbour<>(domain, stub, deadline);
    }

    /** Gives the command; answers with the resource of an earlier one of the same request id. */
    abstract R create(S service, Run run, Recipe recipe);

    abstract R get(S service, String name);

    abstract R cancel(S service, String name);

    /** What the resource's state means. */
    abstract Report report(R resource);

    @Override
    public final Report advance(Run run, Recipe recipe) {
        return neighbour.ask(service -> report(
                run.result(product).isPresent() ? get(service, run.need(product)) : create(service, run, recipe)));
    }

    @Override
    public final Report cancel(Run run) {
        String name = collection + "/" + run.id();
        return neighbour.ask(service -> {
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
        return new Report.Failed(new Failure(neighbour.domain(), reason, message));
    }

    final Report cancelled(String name) {
        return new Report.Cancelled(name + " was cancelled");
    }

    final Map<Result, String> made(String name) {
        return Map.of(product, name);
    }

    /** For a state that this version does not know: the services are of different versions. */
    final IllegalStateException unknown(String name, Enum<?> state) {
        return new IllegalStateException(name + ": state " + state + " (expected: one that this version knows)");
    }
}
