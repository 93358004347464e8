package io.maru.control.client;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.Message;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.AbstractBlockingStub;
import io.maru.control.app.StepWork;
import io.maru.control.domain.Attempt;
import io.maru.control.domain.ControlReason;
import io.maru.control.domain.StepKind;
import io.maru.platform.error.GrpcFaults;
import io.maru.platform.error.Violation;
import io.maru.platform.error.Violations;
import io.maru.platform.spec.Spec;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A step that a service does by a spec, a message of its own. What the keys of the spec are, what they may be and what their
 * absence means is that service's business.
 *
 * @param <M> the spec
 * @param <S> the service's stub
 */
abstract class ServiceStep<M extends Message, S extends AbstractBlockingStub<S>> implements StepWork {
    private static final System.Logger log = System.getLogger(ServiceStep.class.getName());

    private final StepKind kind;
    private final M empty;
    private final Neighbour<S> neighbour;

    /**
     * @param empty spec without any field
     * @param domain of the service, as in {@code maru.training}
     * @param deadline of each call
     */
    ServiceStep(StepKind kind, M empty, String domain, S stub, Duration deadline) {
        this.kind = kind;
        this.empty = empty;
        this.neighbour = new Neighbour<>(domain, stub, deadline);
    }

    @Override
    public final StepKind kind() {
        return kind;
    }

    /** The message that a section of this kind is. */
    public final M emptySpec() {
        return empty;
    }

    final Neighbour<S> neighbour() {
        return neighbour;
    }

    /** Asks the service what it would refuse; what is known beforehand of what the step makes. */
    abstract Map<String, Double> check(S service, M spec, Draft draft);

    @Override
    public final Map<String, Double> check(Draft draft, Violations violations) {
        Violations own = new Violations();
        M spec = read(draft.spec(), draft.path(), own);
        Map<String, Double> known = Map.of();
        try {
            known = check(neighbour.service(), spec, draft);
        } catch (StatusRuntimeException e) {
            if (e.getStatus().getCode() == Status.Code.INVALID_ARGUMENT) {
                addNew(draft.path(), refused(e), own);
            } else {
                log.log(System.Logger.Level.WARNING, "{0} did not check {1}: {2}", neighbour.domain(), draft.path(), e);
                neighbour.connectSoon();
                Violations stated = new Violations();
                Spec.check(spec, "", stated);
                addNew(draft.path(), stated.list(), own);
            }
        }
        violations.addAll("", own.list());
        return known;
    }

    private static List<Violation> refused(StatusRuntimeException error) {
        List<Violation> found = GrpcFaults.violations(error);
        return found.isEmpty()
                ? List.of(new Violation(
                        "",
                        error.getStatus().getDescription() == null
                                ? "refused"
                                : error.getStatus().getDescription()))
                : found;
    }

    /** What could not be read looks to the service as if it were missing, and is told once. */
    private static void addNew(String prefix, List<Violation> found, Violations own) {
        Set<String> told = new HashSet<>();
        own.list().forEach(violation -> told.add(violation.path()));
        own.addAll(
                "",
                found.stream()
                        .map(violation -> new Violation(Violations.join(prefix, violation.path()), violation.text()))
                        .filter(violation -> !told.contains(violation.path()))
                        .toList());
    }

    /** The spec of an attempt, for its command. */
    final M spec(Attempt attempt) {
        Violations violations = new Violations();
        M spec = read(attempt.spec(), kind.name(), violations);
        // It was read when the run was submitted, but perhaps by another version than this.
        violations.throwIfAny(ControlReason.RECIPE_INVALID);
        return spec;
    }

    @SuppressWarnings("unchecked")
    private M read(ObjectNode json, String path, Violations violations) {
        Message.Builder builder = empty.newBuilderForType();
        Spec.read(json, builder, path, violations);
        return (M) builder.build();
    }
}
