package io.maru.control.app;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.maru.control.domain.Attempt;
import io.maru.control.domain.Report;
import io.maru.control.domain.StepKind;
import io.maru.platform.error.Violations;
import java.util.List;
import java.util.Map;

/**
 * A kind of step, and what it asks of the service that does it. None of {@link #advance} and {@link #cancel} throws because
 * of the service: its report tells.
 */
public interface StepWork {
    StepKind kind();

    /**
     * Asks the service what it would refuse of a step. The inputs need not exist. Where the service is away, only what its
     * contract says of each field is checked; it will say the rest when the step's turn comes.
     *
     * @return what is known beforehand of what the step makes; empty where nothing is
     */
    Map<String, Double> check(Draft draft, Violations violations);

    /**
     * A step that is not submitted yet.
     *
     * @param path of the section in the recipe, which each violation's path begins with
     * @param inputs by key: a name in full, or that of the earlier step that makes it
     * @param expected what is known beforehand of the inputs, by name: {@code source_bytes}, {@code vocabulary_size}
     * @param sources full names of the texts that it reads, where they are known already
     */
    record Draft(
            ObjectNode spec,
            String path,
            Map<String, String> inputs,
            Map<String, Double> expected,
            List<String> sources) {
        public Draft {
            sources = List.copyOf(sources);
            inputs = Map.copyOf(inputs);
            expected = Map.copyOf(expected);
        }
    }

    /** Commands the work, if the run does not know it to be commanded, or asks how it goes. May be repeated at any time. */
    Report advance(Attempt attempt);

    /** Asks the work to stop, whether or not it was commanded. May be repeated at any time. */
    Report cancel(Attempt attempt);

    /** Whether {@link #advance} may take as long as the work itself. Steps that answer at once are asked before. */
    default boolean isLongCall() {
        return false;
    }

    /** Whether the work can pause. */
    default boolean canPause() {
        return false;
    }

    /**
     * Asks the work to save what it has and wait. A second time changes nothing.
     *
     * @throws io.maru.platform.error.Refusal WRONG_STATE, NEIGHBOUR_UNAVAILABLE
     */
    default void pause(Attempt attempt) {
        throw new UnsupportedOperationException(kind().name() + " cannot pause");
    }

    /** Lets paused work go on; as {@link #pause}. */
    default void resume(Attempt attempt) {
        throw new UnsupportedOperationException(kind().name() + " cannot pause");
    }
}
