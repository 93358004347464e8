package io.maru.training.domain;

/**
 * A value of the training that its request left to the service.
 *
 * @param field as in the contract
 * @param why a sentence, with the source of the rule
 */
public record Choice(String field, String value, String why) {}
