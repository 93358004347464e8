/** Knows the devices of this machine: which there are, their memory, their speed, and the threads of a session. */
package io.maru.model.device;
