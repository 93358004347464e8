package io.maru.control.domain;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One attempt at a step of a run: all that its service is asked for.
 *
 * @param run in full
 * @param number 1, and one more with each retry
 * @param spec JSON of the message of the service that does it
 * @param inputs full names by key
 * @param made what this attempt is known to have made, by role
 * @param sources of the run
 * @param recipe of the run, as submitted
 */
public record Attempt(
        String run,
        String step,
        int number,
        ObjectNode spec,
        Map<String, String> inputs,
        Map<String, String> made,
        List<String> sources,
        String recipe,
        int priority) {
    /** How a label ends that no step may be called by: the label of another's later attempt. */
    public static final String RETRIED = "-a[0-9]+";

    /** The step's name at first; {@code train-a2} and so on after a retry, since what the first attempt made keeps its name. */
    public String label() {
        return number == 1 ? step : step + "-a" + number;
    }

    /** The last part of the name of what it makes, as in {@code r-1-train}. */
    public String id() {
        return runId() + "-" + label();
    }

    /** The id under which its command may be repeated without a second effect, as in {@code runs/r-1/train}. */
    public String requestId() {
        return "runs/" + runId() + "/" + label();
    }

    private String runId() {
        return run.substring(run.lastIndexOf('/') + 1);
    }

    /** The workspace's part of the run's name, up to and with the slash. */
    public String workspacePrefix() {
        return run.substring(0, run.length() - ("runs/" + runId()).length());
    }

    public Optional<String> input(String key) {
        return Optional.ofNullable(inputs.get(key));
    }

    /** An input that every step of the kind has. */
    public String need(String key) {
        return input(key).orElseThrow(() -> new IllegalStateException(run + ", " + step + ": no " + key));
    }
}
