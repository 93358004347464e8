package io.maru.checkpoint.domain;

import io.maru.platform.error.CommonReason;
import io.maru.platform.name.ResourceName;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * {@code workspaces/{workspace}/runs/{run}/checkpoints/{training}-{step}}, which is also the prefix of the checkpoint's object
 * keys.
 *
 * @param run its full name
 * @param training the step of the run's recipe that trained it, as in {@code train}
 * @param step optimiser steps taken before the weights were written
 */
public record CheckpointName(String run, String training, long step) {
    /** Since one thing has one name, 007 is not another word for 7. */
    private static final Pattern ID = Pattern.compile("(.+)-(0|[1-9][0-9]{0,17})");

    public CheckpointName {
        if (step < 0) {
            throw CommonReason.INVALID_ARGUMENT.because("step: %d (expected: >= 0)", step);
        }
        if (!ResourceName.isId(training) || !ResourceName.isId(training + "-" + step)) {
            throw CommonReason.INVALID_NAME.because(
                    "training: \"%s\" (expected: lowercase letters, digits and hyphens, with \"-%d\" at most 63)",
                    training, step);
        }
    }

    /**
     * @param field what the caller calls it, for the message
     * @param name a full name of the form {@code workspaces/{workspace}/runs/{run}/checkpoints/{checkpoint}}
     */
    public static CheckpointName parse(String field, String name) {
        Matcher id = ID.matcher(ResourceName.last(name));
        if (!id.matches()) {
            throw CommonReason.INVALID_NAME.because(
                    "%s: \"%s\" (expected: to end with a training and a step, as in train-500)", field, name);
        }
        String run = name.substring(0, name.lastIndexOf("/checkpoints/"));
        return new CheckpointName(run, id.group(1), Long.parseLong(id.group(2)));
    }

    /** The object key of one of the checkpoint's files. */
    public String key(String fileName) {
        return this + "/" + fileName;
    }

    @Override
    public String toString() {
        return run + "/checkpoints/" + training + "-" + step;
    }
}
