package io.maru.embedded;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;

/** Where the servers are and how to enter: the line that a parent process reads. */
record Addresses(
        String kafka,
        String postgres,
        String postgresUser,
        String postgresPassword,
        String s3,
        String s3AccessKey,
        String s3SecretKey,
        String s3Bucket) {

    String toJson() throws JsonProcessingException {
        return new ObjectMapper().writeValueAsString(this);
    }
}
