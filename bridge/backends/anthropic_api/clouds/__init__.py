"""Claude on Amazon Bedrock, Google Vertex AI and Microsoft Foundry."""
