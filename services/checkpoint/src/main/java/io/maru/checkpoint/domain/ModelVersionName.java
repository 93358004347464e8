package io.maru.checkpoint.domain;

import io.maru.platform.name.ResourceName;

/**
 * {@code workspaces/{workspace}/models/{model}/versions/{version}}, which is also the prefix of the version's object keys.
 *
 * @param model its full name
 * @param version counts from 1
 */
public record ModelVersionName(String model, long version) {
    public ModelVersionName {
        if (version < 1) {
            throw new IllegalArgumentException("version: " + version + " (expected: >= 1)");
        }
    }

    /** The id of the workspace that it is in. */
    public String workspace() {
        return ResourceName.workspace(model);
    }

    /** The object key of one of the version's files. */
    public String key(String fileName) {
        return this + "/" + fileName;
    }

    @Override
    public String toString() {
        return model + "/versions/" + version;
    }
}
