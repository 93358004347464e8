package io.maru.control.domain;

/** Where a step has an input from. */
public sealed interface InputValue {
    /**
     * It is what an earlier step of the run makes.
     *
     * @param step the name of that step
     */
    record Made(String step, String role) implements InputValue {}

    /**
     * It is there already, or is called into being by the step.
     *
     * @param name in full
     */
    record Named(String name) implements InputValue {}
}
